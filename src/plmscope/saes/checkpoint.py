"""SAE checkpoints: a folder with `sae.safetensors` and `config.json`.

`config.json` holds the architecture with its settings, the provenance, the sha256 of the weights
and the self-check: what the SAE must compute on the small batch of activations that lies beside
the weights. It ends with its own sha256. Nothing in a checkpoint is code, and loading runs none.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from jaxtyping import Float
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from plmscope.errors import DamagedFileError, tell
from plmscope.files import read_sealed_json, sha256_of_file, write_sealed_json, write_then_rename
from plmscope.parameters import Record
from plmscope.saes.base import SAE
from plmscope.saes.config import AnySAEConfig, Provenance
from plmscope.saes.errors import CheckpointError
from plmscope.saes.interplm import (
    INTERPROT_KEYS,
    NOT_INTERPROT,
    UNNORMALISED,
    Architecture,
    is_interplm,
    load_interplm,
)
from plmscope.saes.registry import make_sae
from plmscope.saes.saelens import is_saelens, load_saelens

WEIGHTS = "sae.safetensors"
CONFIG = "config.json"
SAMPLE_KEY = "self_check.x"
SAMPLE_RESIDUES = 16
RELATIVE_TOLERANCE = 1e-3
"""Another processor or thread count sums in another order, and no more than that."""


class SelfCheck(Record):
    """What an SAE computes on its sample.

    Args:
        reconstruction_error: Mean squared error of the reconstruction.
        mean_feature: Mean over residues and features.
    """

    reconstruction_error: float
    mean_feature: float


class CheckpointConfig(Record):
    """The content of `config.json`.

    Args:
        sae: The architecture and its settings.
        provenance: What it was trained on.
        weights_sha256: Of the file with the weights.
        self_check: What it must compute on the sample.
    """

    sae: AnySAEConfig
    provenance: Provenance
    weights_sha256: str
    self_check: SelfCheck


def save_sae(
    sae: SAE, folder: str | Path, sample: Float[Tensor, "n_residues d_model"] | None = None
) -> None:
    """Write a checkpoint; a reader never sees half of one.

    Args:
        sae: The SAE.
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


def load_sae(
    source: str | Path,
    layer: int | None = None,
    device: str = "cpu",
    architecture: Architecture | None = None,
) -> SAE:
    """Read an SAE: ours, InterPLM's or SAELens', from a folder or the Hugging Face hub.

    Args:
        source: A checkpoint folder, a folder or hub repository ("owner/name") with folders
            `layer_N`, or one of InterPLM's `.pt` files.
        layer: Which `layer_N`. Needed where there are several.
        device: Where to put it, as torch names it.
        architecture: Which one an InterPLM file holds. Needed for TopK and BatchTopK, whose files
            look the same.

    Returns:
        The SAE in evaluation mode, without gradients for its weights.

    Raises:
        CheckpointError: If there is none, it is damaged, or it fails its self-check.
    """
    path = Path(source)
    if not path.exists():
        path = _download(str(source), layer)
    path = _choose_layer(path, layer)
    if is_interplm(path):
        sae = load_interplm(path, architecture)
    elif is_saelens(path):
        sae = load_saelens(path)
    else:
        _refuse_parts(path)
        sae = _load_own(path)
    return sae.to(device)


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
        raise CheckpointError(f"{path} is not the config of an SAE: {tell(error)}") from error


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
        return f"{path} is not the config of an SAE: {tell(error)}"
    except ValueError:
        return ""
    return ""


def _choose_layer(path: Path, layer: int | None) -> Path:
    """The folder of one layer, or `path` itself where it is a checkpoint already."""
    if path.is_file() or is_interplm(path) or is_saelens(path):
        return path
    if (path / CONFIG).exists() or (path / UNNORMALISED).exists():
        return path
    layers = sorted(
        int(match[1])
        for p in path.glob("layer_*")
        if (match := re.fullmatch(r"layer_(\d+)", p.name))
    )
    if layer is None and len(layers) == 1:
        return path / f"layer_{layers[0]}"
    if layer not in layers:
        raise CheckpointError(
            f"{path} has SAEs for the layers {layers}, not for {layer}: choose with layer="
            if layers
            else f"{path} holds no SAE: neither {CONFIG} nor folders layer_N"
        )
    return path / f"layer_{layer}"


def _refuse_parts(path: Path) -> None:
    """Say what a path is that leads to a part of a checkpoint, or to another program's.

    Raises:
        CheckpointError: What it is, and what to give.
    """
    if path.is_file():
        raise CheckpointError(
            f"{path} is a single file{_described(path)}: give a folder with {WEIGHTS} and {CONFIG},"
            " one of InterPLM's .pt files, or a folder of SAELens with cfg.json and"
            " sae_weights.safetensors."
        )
    if (path / UNNORMALISED).exists() and not (path / CONFIG).exists():
        raise CheckpointError(
            f"{path} holds {UNNORMALISED} alone, whose features are not scaled to [0, 1]: give that"
            " file itself, and call sae.calibrate(batches) before thresholds are applied."
        )


def _described(path: Path) -> str:
    """What a safetensors file holds, as far as its keys tell; "" for another file."""
    try:
        with safe_open(path, framework="pt") as file:
            keys = set(file.keys())
    except (OSError, SafetensorError):
        return ""
    return (
        f", {NOT_INTERPROT}" if keys >= INTERPROT_KEYS else f" with {', '.join(sorted(keys)[:6])}"
    )


def _download(repo_id: str, layer: int | None) -> Path:
    """The local snapshot of a hub repository, only the wanted layer of it."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        patterns = None if layer is None else [f"layer_{layer}/*"]
        return Path(snapshot_download(repo_id, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise CheckpointError(
            f"{repo_id} is no local folder and could not be fetched from the Hugging Face hub "
            f"({type(error).__name__}). Check the path, or the network."
        ) from error


def _load_own(folder: Path) -> SAE:
    """Read one of our checkpoints, and check it."""
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
    """Hold the config against the file's header, before memory is taken for what it promises.

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
