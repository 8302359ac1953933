"""Reading the tensors in other programs' files; no code in them is run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors.torch import load_file
from torch import Tensor

from plmscope.disk.files import is_lfs_pointer
from plmscope.errors import in_short
from plmscope.saes.errors import CheckpointError

logger = logging.getLogger(__name__)

StateDict = dict[str, Tensor]

KNOWN_BY_KEYS = (
    ({"feature_scale", "input_mean"}, "they are a PLMscope checkpoint's: give its folder"),
    ({"W_enc", "W_dec"}, "they look like SAELens': give the folder with its cfg.json"),
    ({"gate_bias"}, "they are a gated SAE's, which is not read"),
    ({"b_gate"}, "they are a gated SAE's, which is not read"),
    ({"encoder.weight", "W_dec"}, "they are those of an SAE of sparsify, which is not read"),
    ({"pre_bias", "latent_bias"}, "they are those of OpenAI's SAEs, which are not read"),
)
"""What files that are not read are known by."""
MOST_KEYS = 6

_LIGHTNING = "state_dict"
_OF_MODULE = "sae_model."


def read_state_dict(file: Path) -> StateDict:
    """The tensors in a file, half types widened to float32, since an SAE computes in its own type.

    Args:
        file: A safetensors file or a pickle, read as data (`weights_only`). A training checkpoint
            of Lightning stands for the state dict in it.

    Raises:
        CheckpointError: It cannot be read safely, or holds other things than tensors.
    """
    try:
        if is_lfs_pointer(file):
            raise CheckpointError(
                f"{file} is a Git LFS pointer, which only stands for the file. Fetch the file"
                " itself: git lfs pull, or hf download."
            )
        state = _read(file)
    except UnpicklingError as error:  # whose own text advises to run the code
        raise CheckpointError(
            f"{file} cannot be read as a plain state dict: it is damaged, or holds Python objects,"
            " which would run code"
        ) from error
    except CheckpointError:
        raise
    except Exception as error:  # torch lets through whatever its readers meet in a file
        raise CheckpointError(
            f"{file} cannot be read as a plain state dict: {in_short(error)}"
        ) from error
    if isinstance(state, dict) and isinstance(state.get(_LIGHTNING), dict):
        state = {str(k).removeprefix(_OF_MODULE): v for k, v in state[_LIGHTNING].items()}
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise CheckpointError(f"{file} is not a state dict: it holds other things than tensors")
    return {str(name): _widened(value) for name, value in state.items()}


def check_tensors(
    state: StateDict, shapes: Mapping[str, tuple[int, ...]], file: Path, says: str
) -> None:
    """Refuse tensors of another shape, or with values that are not finite numbers.

    Args:
        state: The state dict; it has the keys of `shapes`.
        shapes: What is expected.
        file: Where the state dict comes from.
        says: What expects it.

    Raises:
        CheckpointError: Naming the first.
    """
    for name, shape in shapes.items():
        if tuple(state[name].shape) != shape:
            raise CheckpointError(
                f"{file}: {name!r} has shape {tuple(state[name].shape)}; {says} says {shape}"
            )
        if not state[name].isfinite().all():
            raise CheckpointError(f"{file}: {name!r} holds values that are not finite numbers")


def what_it_is(state: StateDict) -> str:
    """What the keys of a state dict say of it, as a clause."""
    keys = sorted(state)
    more = f" and {len(keys) - MOST_KEYS} more" if len(keys) > MOST_KEYS else ""
    known = [clause for own, clause in KNOWN_BY_KEYS if own <= state.keys()]
    return f"its keys are {', '.join(keys[:MOST_KEYS]) or 'none'}{more}" + "".join(
        f"; {clause}" for clause in known[:1]
    )


def sizes_of(state: StateDict, name: str, whose: str = "") -> tuple[int, int]:
    """The two sizes of a matrix.

    Raises:
        CheckpointError: It is none.
    """
    shape = tuple(state[name].shape)
    if len(shape) != 2:
        raise CheckpointError(f"{whose}{name!r} has shape {shape}, which is no matrix")
    return shape


def warn_not_scaled(file: Path) -> None:
    """Say that an SAE came without the maxima of its features."""
    logger.warning(
        "%s: its features are not scaled to [0, 1]; call sae.calibrate(batches) before thresholds"
        " are applied to them", file,
    )  # fmt: skip


def _read(file: Path) -> object:
    if file.suffix == ".safetensors":
        return load_file(file)
    return torch.load(file, map_location="cpu", weights_only=True)


def _widened(value: Tensor) -> Tensor:
    return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
