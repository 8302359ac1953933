"""SAE checkpoints: a folder with `sae.safetensors` and `config.json`.

`config.json` holds the architecture with its settings, the provenance, the sha256 of the weights
and the self-check: what the SAE must compute on the small batch of activations that lies beside
the weights. It ends with its own sha256. Nothing in a checkpoint is code, and loading runs none.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from jaxtyping import Float
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from plmscope.disk.files import (
    read_sealed_json,
    sha256_of_file,
    write_sealed_json,
    write_then_rename,
)
from plmscope.errors import DamagedFileError, describe_validation_error
from plmscope.parameters import Record
from plmscope.saes.base import SAE
from plmscope.saes.config import Provenance
from plmscope.saes.errors import CheckpointError
from plmscope.saes.registry import AnySAEConfig, make_sae

WEIGHTS = "sae.safetensors"
CONFIG = "config.json"
SAMPLE_KEY = "self_check.x"
SAMPLE_RESIDUES = 16
RELATIVE_TOLERANCE = 1e-3
"""Another processor or thread count sums in another order, and no more than that."""


class SelfCheck(Record):
    """What an SAE computes on its sample."""

    reconstruction_error: float
    """Mean squared error of the reconstruction."""

    mean_feature: float
    """Mean over residues and features."""


class CheckpointConfig(Record):
    """The content of `config.json`."""

    sae: AnySAEConfig
    """The architecture and its settings."""

    provenance: Provenance
    """What it was trained on."""

    weights_sha256: str
    """Of the file with the weights."""

    self_check: SelfCheck
    """What it must compute on the sample."""


def save_sae(
    sae: SAE, folder: str | Path, sample: Float[Tensor, "n_residues d_model"] | None = None
) -> None:
    """Write a checkpoint; a reader never sees half of one.

    Args:
        sae: On its device, with its input normalisation.
        folder: Where to; an existing checkpoint is replaced.
        sample: A few real activations for the self-check. Default: seeded normal rows in the
            SAE's own input normalisation.

    Raises:
        CheckpointError: A weight is not a finite number.
    """
    sample = (_synthetic_sample(sae) if sample is None else sample)[:SAMPLE_RESIDUES]
    sample = sample.detach().to("cpu", torch.float32)
    tensors = {name: value.detach().cpu().contiguous() for name, value in sae.state_dict().items()}
    refuse_not_finite(tensors, f"The SAE for {folder}")
    with write_then_rename(Path(folder)) as temporary:
        temporary.mkdir()
        save_file({**tensors, SAMPLE_KEY: sample}, temporary / WEIGHTS)
        config = CheckpointConfig(
            sae=sae.config,
            provenance=sae.provenance,
            weights_sha256=sha256_of_file(temporary / WEIGHTS),
            self_check=_compute_self_check(sae, sample),
        )
        write_sealed_json(temporary / CONFIG, config.model_dump(mode="json"))


def read_config(folder: Path) -> CheckpointConfig:
    """What a checkpoint says about itself, without its weights.

    Raises:
        CheckpointError: If it cannot be read.
    """
    path = folder / CONFIG
    try:
        return CheckpointConfig.model_validate(read_sealed_json(path, "Fetch or train it again."))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    except DamagedFileError as error:
        raise CheckpointError(_foreign(path) or str(error)) from error
    except ValidationError as error:
        raise CheckpointError(
            f"{path} is not the config of an SAE: {describe_validation_error(error)}"
        ) from error


def refuse_not_finite(tensors: dict[str, Tensor], whose: str) -> None:
    """Refuse weights of which one is not a finite number.

    Raises:
        CheckpointError: Naming the tensor.
    """
    for name, value in tensors.items():
        if not value.isfinite().all():
            n = int((~value.isfinite()).sum())
            raise CheckpointError(
                f"{whose} is not usable: {n} of {value.numel()} values of {name!r} are not finite"
                " numbers. Train it again with a lower training.learning_rate."
            )


def _foreign(path: Path) -> str:
    """What is wrong with a file that never was the config of one of our SAEs; "" if it was."""
    try:
        CheckpointConfig.model_validate(json.loads(path.read_text()))
    except ValidationError as error:
        return f"{path} is not the config of an SAE: {describe_validation_error(error)}"
    except ValueError:
        return ""
    return ""


def load_checkpoint(folder: Path) -> SAE:
    """Read one of our checkpoints, and check it.

    Raises:
        CheckpointError: It is damaged, or fails its self-check.
    """
    config = read_config(folder)
    weights = folder / WEIGHTS
    try:
        _check_widths(weights, config)
        tensors = load_file(weights)
        sample = tensors.pop(SAMPLE_KEY)
        refuse_not_finite(tensors, str(weights))
        sae = make_sae(config.sae).to(tensors["feature_scale"].dtype)
        sae.load_state_dict(tensors)
    except (OSError, SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"{weights} does not hold this SAE: {error}") from error
    sae.provenance = config.provenance
    found = _compute_self_check(sae, sample)
    for field, expected in config.self_check:
        value = getattr(found, field)
        if not abs(value - expected) <= RELATIVE_TOLERANCE * abs(expected) + 1e-12:
            raise CheckpointError(
                f"{weights} fails its self-check: {field} is {value:.6g}, was {expected:.6g} when "
                "saved. The file is damaged, or this version computes otherwise; fetch it again."
            )
    if sha256_of_file(weights) != config.weights_sha256:
        raise CheckpointError(
            f"{weights} fails its self-check: its sha256 is not the one in {CONFIG}. "
            "The file was changed after it was saved; fetch it again."
        )
    return sae.eval().requires_grad_(False)


def _check_widths(weights: Path, config: CheckpointConfig) -> None:
    """Compare the config with the file's header, before memory is taken for what it promises.

    Raises:
        ValueError: They differ.
    """
    promised = {"input_mean": config.sae.d_model, "feature_scale": config.sae.d_sae}
    with safe_open(weights, framework="pt") as file:
        for name, width in promised.items():
            (found,) = file.get_slice(name).get_shape()
            if found != width:
                raise ValueError(f"{CONFIG} promises {width} values of {name!r}, it has {found}")


def _synthetic_sample(sae: SAE) -> Float[Tensor, "n_residues d_model"]:
    """Seeded normal rows, spread as the SAE's input normalisation says."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(SAMPLE_RESIDUES, sae.d_model, generator=generator)
    return rows * sae.input_scale.cpu() + sae.input_mean.cpu()


@torch.no_grad()
def _compute_self_check(sae: SAE, sample: Float[Tensor, "n_residues d_model"]) -> SelfCheck:
    """Run the SAE on its sample."""
    x = sample.to(sae.feature_scale)
    features = sae.encode(x)
    error = (sae.decode(features) - x).square().mean()
    return SelfCheck(reconstruction_error=float(error), mean_feature=float(features.mean()))
