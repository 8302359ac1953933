"""One shard on disk: written whole or not at all, and able to say whether it is undamaged."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from plmscope.activations.settings import StoreDtype
from plmscope.activations.store.manifest import REMEDY, ActivationStoreError, ShardRecord
from plmscope.disk.files import write_then_rename


class FileState(NamedTuple):
    """By what a file is known again, without reading it."""

    inode: int
    n_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> "FileState":
        """The state of a file now."""
        status = path.stat()
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


class Shard(NamedTuple):
    """Where the rows of a shard are; none of them is in memory.

    Attributes:
        path: Where it is.
        state: Its state when it was opened.
        record: What its header says about it.
        begin: Its byte where the rows begin.
        d_model: Width of a row.
        dtype: Of the rows, as stored.
        scale: What they have to be multiplied by, if they were stored as float16.
    """

    path: Path
    state: FileState
    record: ShardRecord
    begin: int
    d_model: int
    dtype: torch.dtype
    scale: Float[Tensor, " d_model"] | None

    def place(self, row: int) -> int:
        """Where in the file a row begins, in bytes."""
        return self.begin + row * self.d_model * self.dtype.itemsize


def shard_name(number: int) -> str:
    """The file name of a shard."""
    return f"shard-{number:05d}.safetensors"


def write_shard(
    path: Path, x: Float[Tensor, "n_residues d_model"], dtype: StoreDtype
) -> ShardRecord:
    """Write one shard under a temporary name and rename it.

    Args:
        path: Where it belongs.
        x: Activations, float32.
        dtype: How to store them.
    """
    tensors = _encode(x, dtype)
    record = ShardRecord(
        name=path.name,
        n_residues=len(x),
        sha256=_sha256_of(tensors),
        rounding_fvu=0.0 if dtype == "float32" else _rounding_fvu(x, tensors),
    )
    with write_then_rename(path) as temporary:
        temporary.write_bytes(save(tensors, metadata={"record": record.model_dump_json()}))
    return record


def open_shard(
    path: Path, shape: tuple[int, int], dtype: StoreDtype, record: ShardRecord | None = None
) -> Shard:
    """Look at the header of one shard.

    Args:
        path: Where it is.
        shape: Its residues and their width.
        dtype: How its activations must be stored.
        record: What the manifest says about it, if there is a manifest.

    Raises:
        ActivationStoreError: The file is missing, cut off, or not this shard.
    """
    try:
        state = FileState.of(path)
        with safe_open(path, framework="pt") as file:
            found = ShardRecord.model_validate_json(file.metadata()["record"])
            tensors = _map_all(file)
    except (OSError, SafetensorError, TypeError, KeyError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ActivationStoreError(f"{path} is missing or torn: {reason}. {REMEDY}") from error
    if found.name != path.name or record not in (None, found):
        raise ActivationStoreError(
            f"{path} is not the shard that belongs there, but: {found}. {REMEDY}"
        )
    layout = {name: _describe(tensor.dtype, tensor.shape) for name, tensor in tensors.items()}
    expected = _layout(shape, dtype)
    if layout != expected:
        raise ActivationStoreError(f"{path} holds {layout} where {expected} belongs. {REMEDY}")
    x, scale = tensors["x"], tensors.get("scale")
    return Shard(
        path, state, found, _find_rows(path), x.shape[1], x.dtype,
        None if scale is None else scale.clone(),  # or it would hold the mapping
    )  # fmt: skip


def verify_shard(shard: Shard) -> dict[str, Tensor]:
    """Read a whole shard and compare it with its checksum.

    Returns:
        Its tensors, mapped: the file's pages count as this process's memory until they are let go.

    Raises:
        ActivationStoreError: Its bytes are not those that were written.
    """
    if _has_changed(shard):  # and may be shorter: reading past its end would end the process
        raise ActivationStoreError(
            f"{shard.path} was changed since the store was opened. Run this again."
        )
    with safe_open(shard.path, framework="pt") as file:
        tensors = _map_all(file)
    found = _sha256_of(tensors)
    if found != shard.record.sha256:
        raise ActivationStoreError(
            f"{shard.path} is damaged: its checksum is {found[:12]}…, it was written with"
            f" {shard.record.sha256[:12]}…. {REMEDY}"
        )
    return tensors


def find_row_not_finite(x: Float[Tensor, "n_rows d_model"]) -> int | None:
    """The first row that has a NaN or an infinity, or None."""
    if all(extreme.isfinite() for extreme in torch.aminmax(x)):  # which hand a NaN on; fast
        return None
    return int((~x.isfinite()).any(1).int().argmax())


def _has_changed(shard: Shard) -> bool:
    try:
        return FileState.of(shard.path) != shard.state
    except OSError:
        return True


def _map_all(file: Any) -> dict[str, Tensor]:
    return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _find_rows(path: Path) -> int:
    """Where in the file the bytes of the rows begin.

    A safetensors file begins with the length of its header, 8 bytes, and the header as JSON;
    its offsets count from the header's end (huggingface/safetensors, README, "Format").
    """
    with path.open("rb") as file:
        n_header = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(n_header))
    return int(8 + n_header + header["x"]["data_offsets"][0])


def _layout(shape: tuple[int, int], dtype: StoreDtype) -> dict[str, str]:
    """The tensors of a shard, each described."""
    layout = {"x": _describe(getattr(torch, dtype), shape)}
    return layout | ({"scale": _describe(torch.float32, shape[1:])} if dtype == "float16" else {})


def _describe(dtype: torch.dtype, shape: Sequence[int]) -> str:
    return f"{dtype} {list(shape)}"


def _encode(x: Float[Tensor, "n_residues d_model"], dtype: StoreDtype) -> dict[str, Tensor]:
    """float16 is scaled so that the largest value of each dimension is 1: none can overflow."""
    if dtype != "float16":
        return {"x": x.to(getattr(torch, dtype)).contiguous()}
    scale = x.abs().amax(0).clamp_min(torch.finfo(torch.float32).tiny)
    return {"x": (x / scale).half(), "scale": scale}


def _rounding_fvu(x: Float[Tensor, "n_residues d_model"], tensors: dict[str, Tensor]) -> float:
    stored = tensors["x"] * tensors["scale"] if "scale" in tensors else tensors["x"]
    spread = x.var(0, correction=0).sum()
    return float((x - stored).square().mean(0).sum() / spread) if spread > 0 else 0.0


def _sha256_of(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].view(torch.uint8).numpy().data)
    return digest.hexdigest()
