"""What a user can set about embedding."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from plmscope.executors.settings import ExecutorSettings
from plmscope.parameters import Parameters
from plmscope.plms.windows import LongSequences

StoreDtype = Literal["float32", "bfloat16", "float16"]


class EmbeddingSettings(Parameters):
    """The `embedding` parameters."""

    layers: tuple[NonNegativeInt, ...] = Field(min_length=1)
    """Layers to store, each once; 0 is the embedding, n the output of block n."""

    max_tokens: PositiveInt = 4096
    """Most tokens in one forward pass of the PLM, padding included."""

    shard_residues: PositiveInt = 32768
    """A shard is closed when it has this many residues. A shard is held in memory whole, once for
    each layer."""

    long_sequences: LongSequences = "reject"
    """What is done with proteins that are longer than the PLM takes: "windows" embeds them in
    overlapping windows, each residue from the one in which it lies deepest, and lifts
    `ingestion.max_length`."""

    corpus: bool = True
    """Whether the proteins of the FASTA corpus are stored. Without them SAEs are trained by the
    pipeline `online_training`."""

    executor: ExecutorSettings = ExecutorSettings()
    """Where shards are computed."""

    dtype: StoreDtype = "float32"
    """How activations are stored. `float16` is scaled per dimension and shard."""

    @field_validator("layers")
    @classmethod
    def _are_different(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        twice = sorted({layer for layer in layers if layers.count(layer) > 1})
        if twice:
            raise ValueError(f"layers {twice} are named more than once; name each once")
        return layers
