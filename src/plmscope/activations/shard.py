"""One shard on disk: written whole or not at all, and able to say whether it is undamaged."""

import hashlib
import json
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from plmscope.activations.manifest import ActivationStoreError, ShardRecord
from plmscope.activations.settings import StoreDtype
from plmscope.files import write_then_rename


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


def read_shard(path: Path, d_model: int) -> tuple[ShardRecord, dict[str, Tensor]]:
    """Map one shard into memory; nothing is read before it is used.

    Args:
        path: The file.
        d_model: The width it must have.

    Returns:
        Its record and its tensors: `x`, `[n_residues, d_model]`, and for float16 `scale`,
        `[d_model]`.

    Raises:
        ActivationStoreError: The file is missing, cut off, or not such a shard.
    """
    try:
        with safe_open(path, framework="pt") as file:
            record = ShardRecord.model_validate_json(file.metadata()["record"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, TypeError, KeyError, ValueError) as error:
        raise ActivationStoreError(f"{path} is missing or torn: {error}. {_REMEDY}") from error
    if tensors["x"].shape != (record.n_residues, d_model):
        raise ActivationStoreError(
            f"{path} has shape {tuple(tensors['x'].shape)} where"
            f" {(record.n_residues, d_model)} belongs. {_REMEDY}"
        )
    return record, tensors


def find_rows(path: Path) -> int:
    """Where in the file the bytes of the rows begin.

    A safetensors file begins with the length of its header, 8 bytes, and the header as JSON;
    its offsets count from the header's end (huggingface/safetensors, README, "Format").
    """
    with path.open("rb") as file:
        n_header = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(n_header))
    return int(8 + n_header + header["x"]["data_offsets"][0])


def verify_shard(path: Path, d_model: int) -> ShardRecord:
    """Read a whole shard and hold it against its checksum.

    Raises:
        ActivationStoreError: The file is missing, torn, or its bytes have changed.
    """
    record, tensors = read_shard(path, d_model)
    found = _sha256_of(tensors)
    if found != record.sha256:
        raise ActivationStoreError(
            f"{path} is damaged: its checksum is {found[:12]}…, it was written with"
            f" {record.sha256[:12]}…. {_REMEDY}"
        )
    return record


_REMEDY = "Compute this shard again with: kedro run --pipelines embedding"


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
