"""Where an SAE is, in whose layout, and who reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from plmscope.disk.versions import newest
from plmscope.hub_ids import is_path
from plmscope.saes.base import SAE
from plmscope.saes.errors import CheckpointError
from plmscope.saes.files import saelens
from plmscope.saes.files.checkpoint import CONFIG, WEIGHTS, load_checkpoint
from plmscope.saes.files.interplm import (
    NORMALISED,
    TRAINED,
    UNNORMALISED,
    Architecture,
    find_interplm,
    sae_from_file,
)
from plmscope.saes.files.interprot import is_interprot, layer_in, sae_from_interprot
from plmscope.saes.files.state_dicts import read_state_dict

FILES = (CONFIG, WEIGHTS, saelens.CONFIG, saelens.WEIGHTS, NORMALISED, TRAINED, UNNORMALISED)
"""By one of these a folder with an SAE is known."""
MOST_FOUND = 5


def load_sae(
    source: str | Path,
    layer: int | None = None,
    device: str = "cpu",
    architecture: Architecture | None = None,
    k: int | None = None,
) -> SAE:
    """Read an SAE, ours or another program's, from a folder or the Hugging Face hub.

    InterPLM's, dictionary_learning's, SAELens' and InterProt's are read; see docs/saes.md.

    Args:
        source: A checkpoint folder, one with the versions that `kedro run` writes (the newest is
            read), a folder or hub repository ("owner/name") with one for each
            layer, or another program's file with weights.
        layer: Which `layer_N`, or which file `…_lN_…` of InterProt. Needed where there are several.
        device: Where to put it, as torch names it.
        architecture: Which one an InterPLM file holds. Needed for TopK and BatchTopK, whose files
            look the same.
        k: How many features an InterProt SAE keeps for a residue. Needed if the name of its file
            does not say so.

    Returns:
        The SAE in evaluation mode, without gradients for its weights.

    Raises:
        CheckpointError: If there is none, it is damaged, fails its self-check, or is not what
            `architecture` and `k` say.
    """
    if architecture is not None and architecture not in get_args(Architecture):
        known = ", ".join(get_args(Architecture))
        raise CheckpointError(f"architecture: {architecture} is none of {known}")
    path = Path(source).expanduser()
    if not path.exists():
        path = _download(str(source), layer)
    path = _choose(newest(path), layer)
    sae = _read(path, architecture, k)
    _refuse_other_than(path, sae, architecture, k)
    return sae.to(device)


def _read(path: Path, architecture: Architecture | None, k: int | None) -> SAE:
    """The SAE in a folder or a file."""
    if saelens.is_saelens(path):
        return saelens.load_saelens(path)
    file = path if path.is_file() else find_interplm(path)
    if file is None:
        _refuse_unscaled_alone(path)
        return load_checkpoint(path)
    _refuse_part(file)
    state = read_state_dict(file)
    if is_interprot(state):
        return sae_from_interprot(state, file, k)
    return sae_from_file(file, state, architecture)


def _refuse_other_than(
    path: Path, sae: SAE, architecture: Architecture | None, k: int | None
) -> None:
    """Compare what the caller said with what was found."""
    found = sae.config.architecture
    if architecture is not None and architecture.removesuffix("_tied") != found:
        raise CheckpointError(f"{path} holds a {found} SAE, not {architecture}: leave that out.")
    kept = getattr(sae.config, "k", None)
    if k not in (None, kept):
        raise CheckpointError(f"{path} holds an SAE with k = {kept}, not {k}: leave that out.")


def _choose(path: Path, layer: int | None) -> Path:
    """The folder or file of one layer, or `path` itself where it is a checkpoint already."""
    if path.is_file() or any((path / name).exists() for name in FILES):
        return path
    numbers = (re.fullmatch(r"layer_(\d+)", folder.name) for folder in path.glob("layer_*"))
    layers = sorted(int(number[1]) for number in numbers if number)
    if layer is None and len(layers) == 1:
        return path / f"layer_{layers[0]}"
    if layer in layers:
        return path / f"layer_{layer}"
    if layers:
        raise CheckpointError(
            f"{path} has SAEs for the layers {layers}, not for {layer}: choose with layer="
        )
    files = sorted(file for file in path.iterdir() if file.suffix in (".safetensors", ".pt"))
    fitting = [file for file in files if layer is None or layer_in(file.name) in (None, layer)]
    if len(fitting) == 1:
        return fitting[0]
    below = [f"{depth}{name}" for depth in ("*/", "*/*/") for name in FILES]
    folders = sorted({file.parent for pattern in below for file in path.glob(pattern)})
    raise CheckpointError(
        f"{path} holds no SAE{'' if layer is None else f' of layer {layer}'}: neither {CONFIG}"
        " nor folders layer_N"
        + _listed("; give one of these folders: ", folders, path)
        + _listed("; give one of these files: ", files, path)
    )


def _listed(introduction: str, found: list[Path], path: Path) -> str:
    if not found:
        return ""
    more = f" and {len(found) - MOST_FOUND} more" if len(found) > MOST_FOUND else ""
    return introduction + ", ".join(str(p.relative_to(path)) for p in found[:MOST_FOUND]) + more


def _refuse_part(file: Path) -> None:
    """Say what a file is that is only a part of a checkpoint.

    Raises:
        CheckpointError: What it is, and what to give.
    """
    others = {
        **dict.fromkeys((WEIGHTS, CONFIG), (WEIGHTS, CONFIG)),
        **dict.fromkeys((saelens.WEIGHTS, saelens.CONFIG), (saelens.CONFIG, saelens.WEIGHTS)),
    }
    if file.name in others:
        raise CheckpointError(
            f"{file} is a single file: give a folder with {' and '.join(others[file.name])}."
        )


def _refuse_unscaled_alone(folder: Path) -> None:
    if (folder / UNNORMALISED).exists() and not (folder / CONFIG).exists():
        raise CheckpointError(
            f"{folder} holds {UNNORMALISED} alone, whose features are not scaled to [0, 1]: give"
            " that file itself, and call sae.calibrate(batches) before thresholds are applied."
        )


def _download(repo_id: str, layer: int | None) -> Path:
    """The local snapshot of a hub repository, only the wanted layer of it."""
    if is_path(repo_id):
        raise CheckpointError(_not_to_be_had(repo_id, "an id there is owner/name"))
    from huggingface_hub import snapshot_download

    try:
        patterns = None if layer is None else [f"layer_{layer}/*"]
        folder = Path(snapshot_download(repo_id, allow_patterns=patterns))
        if layer is not None and not (folder / f"layer_{layer}").is_dir():
            patterns = [f"*_l{layer}_*", saelens.CONFIG, saelens.WEIGHTS]
            folder = Path(snapshot_download(repo_id, allow_patterns=patterns))
    except (OSError, ValueError) as error:  # what the hub's own errors are
        raise CheckpointError(_not_to_be_had(repo_id, type(error).__name__)) from error
    return folder


def _not_to_be_had(source: str, reason: str) -> str:
    return (
        f"{source} is no local folder and could not be fetched from the Hugging Face hub"
        f" ({reason}). Check the path, or the network."
    )
