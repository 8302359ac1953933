"""Whether a PLM's folder in Hugging Face's layout is whole, without torch and transformers."""

from __future__ import annotations

import json
from pathlib import Path

from plmscope.disk.files import is_lfs_pointer
from plmscope.plms.errors import PlmError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
PICKLED_WEIGHTS = "pytorch_model.bin"


def find_config(folder: Path) -> Path:
    """The `config.json` of a folder.

    Raises:
        PlmError: There is no folder, no such file in it, or only a pointer to it.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise PlmError(f"{folder} {what}. Give a PLM's folder, or a Hugging Face id.")
    path = folder / CONFIG
    if not path.is_file():
        raise PlmError(
            f"{folder} has no {CONFIG}, so it is no PLM's folder in Hugging Face's layout. Give the"
            " folder that save_pretrained wrote, or a Hugging Face id."
        )
    _refuse_pointer(path)
    return path


def check_files(folder: Path) -> None:
    """Refuse a folder in which a file is missing, cut off, or only stands for the file.

    Args:
        folder: As `save_pretrained` leaves it.

    Raises:
        PlmError: Naming folder, file and remedy.
    """
    weights = _files_of_weights(folder)
    # A clone may leave pointers to weights in other formats, which nobody reads.
    for path in [*folder.glob("*.json"), *folder.glob("*.txt"), *weights]:
        if path.is_file():
            _refuse_pointer(path)
    for path in weights:
        if path.suffix == ".safetensors":
            _refuse_cut_off(path)


def _files_of_weights(folder: Path) -> list[Path]:
    """The files that transformers will read, all of which are there."""
    for name in (
        WEIGHTS,
        f"{WEIGHTS}.index.json",
        PICKLED_WEIGHTS,
        f"{PICKLED_WEIGHTS}.index.json",
    ):
        path = folder / name
        if path.is_file():
            return _parts_in(path) if path.suffix == ".json" else [path]
    raise PlmError(
        f"{folder} has no weights: neither {WEIGHTS} nor {PICKLED_WEIGHTS}. Fetch the PLM again."
    )


def _parts_in(index: Path) -> list[Path]:
    try:
        names = set(json.loads(index.read_text())["weight_map"].values())
        parts = [index.parent / name for name in sorted(names)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlmError(f"{index} is no index of weights. Fetch the PLM again.") from error
    for part in parts:
        if not part.is_file():
            raise PlmError(f"{index} names {part.name}, which is not there. Fetch the PLM again.")
    return parts


def _refuse_pointer(path: Path) -> None:
    if is_lfs_pointer(path):
        raise PlmError(
            f"{path} is a Git LFS pointer, which only stands for the file. Fetch the file itself:"
            " git lfs pull, or hf download."
        )


def _refuse_cut_off(path: Path) -> None:
    """Compare a safetensors file's size with what its header says.

    The file begins with the length of its header, 8 bytes, and the header as JSON; its offsets
    count from the header's end (huggingface/safetensors, README, "Format").
    """
    n_bytes = path.stat().st_size
    with path.open("rb") as file:
        n_header = int.from_bytes(file.read(8), "little")
        text = file.read(n_header) if n_header < n_bytes else b""
    try:
        ends = [entry["data_offsets"][1] for name, entry in json.loads(text).items()
                if name != "__metadata__"]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlmError(f"{path} is no safetensors file. Fetch the PLM again.") from error
    expected = 8 + n_header + max(ends, default=0)
    if n_bytes != expected:
        raise PlmError(
            f"{path} has {n_bytes:,} bytes where its header says {expected:,}: it is cut off or"
            " damaged. Fetch the PLM again."
        )
