"""What a store says about itself.

On disk, a root folder holds one store per layer and per content:

    <root>/layer_4/current.json                 which of the stores below is the current one
    <root>/layer_4/<hash12>/manifest.json       written last: its presence means "complete"
    <root>/layer_4/<hash12>/index.parquet       accession -> shard, first row, rows
    <root>/layer_4/<hash12>/shard-00000.safetensors

`<hash12>` begins the hash of everything that decides the content, so that a store of other
settings is another folder. A shard holds the tensor `x`, `[n_residues, d_model]`, whole proteins
one after the other, and for float16 also `scale`, `[d_model]`: activations are `x * scale`. Its
header carries the sha256 of these tensors.
"""

import json
from pathlib import Path

from pydantic import ValidationError

from plmscope.activations.settings import StoreDtype
from plmscope.errors import PlmscopeError, tell
from plmscope.files import write_then_rename
from plmscope.parameters import Parameters

CURRENT = "current.json"
MANIFEST = "manifest.json"
INDEX = "index.parquet"
HASH_DIGITS = 12


class ActivationStoreError(PlmscopeError):
    """A store that is missing, incomplete, damaged, or of something else than was asked for."""


class ShardRecord(Parameters):
    """One shard of a store.

    Args:
        name: The file's name.
        n_residues: Its rows.
        sha256: Of its tensors' bytes.
        rounding_fvu: Share of the activations' variance that the stored dtype lost.
    """

    name: str
    n_residues: int
    sha256: str
    rounding_fvu: float


class StoreManifest(Parameters):
    """Where the activations of a store come from, and what it holds.

    Args:
        plm_id: The protein language model.
        plm_revision: Its hub commit, or the hash of its weights.
        layer: 0 is the embedding, n the output of block n.
        d_model: Width of an activation.
        dtype: As stored; reading gives float32.
        token_rule: Which tokens have a row.
        content_hash: Of everything that decides the content, 64 hexadecimal digits.
        proteins_hash: Of the accessions and sequences.
        shards: One record per file, in order.
    """

    plm_id: str
    plm_revision: str
    layer: int
    d_model: int
    dtype: StoreDtype
    token_rule: str
    content_hash: str
    proteins_hash: str
    shards: tuple[ShardRecord, ...]

    @property
    def n_residues(self) -> int:
        """Rows of all shards."""
        return sum(shard.n_residues for shard in self.shards)

    @property
    def rounding_fvu(self) -> float:
        """Share of the activations' variance that the stored dtype lost; 0 for float32."""
        return sum(shard.rounding_fvu * shard.n_residues for shard in self.shards) / max(
            self.n_residues, 1
        )

    def write(self, folder: Path) -> None:
        """Write `manifest.json`, which marks the store in `folder` as complete."""
        with write_then_rename(folder / MANIFEST) as temporary:
            temporary.write_text(self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "StoreManifest":
        """Read `manifest.json`.

        Raises:
            ActivationStoreError: There is none, or it is not a manifest.
        """
        path = folder / MANIFEST
        if not path.exists():
            raise ActivationStoreError(
                f"{folder} holds no complete activation store: {MANIFEST} is missing."
                " Make it, or finish it, with: kedro run --pipelines embedding"
            )
        try:
            return cls.model_validate_json(path.read_text())
        except ValidationError as error:
            raise ActivationStoreError(
                f"{path} is not a store's manifest: {tell(error)}"
            ) from error


def point_to(folder: Path) -> None:
    """Make the store in `folder` the current one of its layer."""
    with write_then_rename(folder.parent / CURRENT) as temporary:
        temporary.write_text(json.dumps({"store": folder.name}) + "\n")


def current_store(root: Path, layer: int) -> Path:
    """The folder of a layer's current store.

    Args:
        root: Folder of a PLM's stores.
        layer: Which layer.

    Raises:
        ActivationStoreError: The layer has no complete store.
    """
    path = root / f"layer_{layer}" / CURRENT
    if not path.exists():
        raise ActivationStoreError(
            f"There are no activations of layer {layer} in {root}."
            f" Put {layer} into embedding.layers and run: kedro run --pipelines embedding"
        )
    return path.with_name(json.loads(path.read_text())["store"])
