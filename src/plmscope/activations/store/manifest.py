"""What a store says about itself.

On disk, a root folder holds one store per layer and per content:

    <root>/layer_4/current.json               which of the stores below is the current one
    <root>/layer_4/<hash12>/manifest.json     written last: its presence means "complete"
    <root>/layer_4/<hash12>/index.parquet     accession -> shard, first row, rows
    <root>/layer_4/<hash12>/shard-00000.safetensors
    <root>/layer_4/<hash12>/.lock             held by the run that writes here; empty

`<hash12>` begins the hash of everything that decides the content, so that a store of other
settings is another folder. A shard holds the tensor `x`, `[n_residues, d_model]`, whole proteins
one after the other, and for float16 also `scale`, `[d_model]`: activations are `x * scale`. Its
header carries the sha256 of these tensors. The manifest repeats it, and has the sha256 of the
index; the two JSON files end with a sha256 of themselves. So damage to any of the files shows.
"""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from plmscope.activations.settings import StoreDtype
from plmscope.disk.files import read_sealed_json, write_sealed_json
from plmscope.errors import DamagedFileError, PlmscopeError, describe_validation_error
from plmscope.parameters import Record
from plmscope.plms.windows import LongSequences

CURRENT = "current.json"
MANIFEST = "manifest.json"
INDEX = "index.parquet"
HASH_DIGITS = 12
REMEDY = "Mend the store, keeping what is sound, with: kedro run --pipelines embedding"

_Sealed = TypeVar("_Sealed", bound=Record)


class ActivationStoreError(PlmscopeError):
    """A store that is missing, incomplete, damaged, or of something else than was asked for."""


class ShardRecord(Record):
    """One shard of a store."""

    name: str
    """The file's name."""

    n_residues: int
    """Its rows."""

    sha256: str
    """Of its tensors' bytes."""

    rounding_fvu: float
    """Fraction of the activations' variance that the stored dtype lost."""


class StoreManifest(Record):
    """Where the activations of a store come from, and what it holds."""

    plm_id: str
    """The protein language model."""

    plm_revision: str
    """Its hub commit, or the hash of its weights."""

    layer: int
    """0 is the embedding, n the output of block n."""

    d_model: int
    """Width of an activation."""

    dtype: StoreDtype
    """As stored; reading gives float32."""

    token_rule: str
    """Which tokens have a row."""

    long_sequences: LongSequences = "reject"
    """What was done with proteins that are longer than the PLM takes."""

    corpus: bool = True
    """Whether the proteins of the corpus, if there is one, are among them."""

    content_hash: str
    """Of everything that decides the content, 64 hexadecimal digits."""

    proteins_hash: str
    """Of the accessions and sequences."""

    index_sha256: str
    """Of the bytes of the index."""

    shards: tuple[ShardRecord, ...]
    """One record per file, in order."""

    @property
    def n_residues(self) -> int:
        """Rows of all shards."""
        return sum(shard.n_residues for shard in self.shards)

    @property
    def rounding_fvu(self) -> float:
        """Fraction of the activations' variance that the stored dtype lost; 0 for float32."""
        return sum(shard.rounding_fvu * shard.n_residues for shard in self.shards) / max(
            self.n_residues, 1
        )

    def write(self, folder: Path) -> None:
        """Write `manifest.json`, which marks the store in `folder` as complete."""
        write_sealed_json(folder / MANIFEST, self.model_dump(mode="json"))

    @classmethod
    def read(cls, folder: Path) -> "StoreManifest":
        """Read `manifest.json`.

        Raises:
            ActivationStoreError: There is none, or it is damaged, or not a manifest.
        """
        path = folder / MANIFEST
        if not path.exists():
            raise ActivationStoreError(
                f"{folder} holds no complete activation store: {MANIFEST} is missing."
                " Make it, or finish it, with: kedro run --pipelines embedding"
            )
        return _read_sealed(path, cls)


class _Current(Record):
    """Which store of a layer is the current one: the name of its folder."""

    store: str
    """The name of its folder."""


def point_to(folder: Path) -> None:
    """Make the store in `folder` the current one of its layer; write nothing if it is."""
    path = folder.parent / CURRENT
    try:
        is_current = path.exists() and _read_sealed(path, _Current).store == folder.name
    except ActivationStoreError:
        is_current = False
    if not is_current:
        write_sealed_json(path, _Current(store=folder.name).model_dump())


def current_store(root: Path, layer: int) -> Path:
    """The folder of a layer's current store.

    Args:
        root: Folder of a PLM's stores.
        layer: Which layer.

    Raises:
        ActivationStoreError: The layer has no complete store, or the note of which one is current
            is damaged.
    """
    path = root / f"layer_{layer}" / CURRENT
    if not path.exists():
        raise ActivationStoreError(
            f"There are no activations of layer {layer} in {root}."
            f" Put {layer} into embedding.layers and run: kedro run --pipelines embedding"
        )
    return path.with_name(_read_sealed(path, _Current).store)


def _read_sealed(path: Path, kind: type[_Sealed]) -> _Sealed:
    try:
        return kind.model_validate(read_sealed_json(path, REMEDY))
    except DamagedFileError as error:
        raise ActivationStoreError(str(error)) from error
    except ValidationError as error:
        raise ActivationStoreError(
            f"{path} is of another version: {describe_validation_error(error)}. {REMEDY}"
        ) from error
