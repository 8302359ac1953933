"""Sequences that are embedded as they are read, in the place of a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Int64

from plmscope.activations import ActivationBlock, whole_proteins
from plmscope.activations.writing.job import plan_shards
from plmscope.explanation.settings import ExplainSettings
from plmscope.plms import ProteinLanguageModel

RESIDUES_AT_ONCE = 32768
"""Embedded at once, so that sequences of similar length share a forward pass."""


@dataclass(frozen=True)
class EmbeddedSequences:
    """An `ActivationSource`: a PLM's activations of some sequences, which are stored nowhere.

    Attributes:
        plm: The protein language model.
        layer: `hidden_states[layer]`.
        names: Of the sequences.
        sequences: One letter a residue.
        settings: Tokens of a forward pass; what is done with long sequences.
    """

    plm: ProteinLanguageModel
    layer: int
    names: Sequence[str]
    sequences: Sequence[str]
    settings: ExplainSettings

    @property
    def d_model(self) -> int:
        """Width of an activation."""
        return self.plm.d_model

    @property
    def n_residues(self) -> int:
        """Residues of all sequences."""
        return sum(map(len, self.sequences))

    @property
    def offsets(self) -> Int64[np.ndarray, " n_sequences_plus_1"]:
        """Sequence i has the residues `offsets[i]` to `offsets[i + 1]`."""
        return np.cumsum([0, *map(len, self.sequences)])

    def part(self, start: int, stop: int) -> EmbeddedSequences:
        """The sequences from number `start` to before `stop`."""
        some = slice(start, stop)
        return replace(self, names=self.names[some], sequences=self.sequences[some])

    def blocks(self, max_residues: int = 8192) -> Iterator[ActivationBlock]:
        """All sequences in their order, several at a time.

        Args:
            max_residues: Most residues of a block; a longer sequence is a block of its own.
        """
        for chunk in plan_shards([len(s) for s in self.sequences], RESIDUES_AT_ONCE):
            embedded = self.plm.embed(
                self.sequences[chunk.start : chunk.stop],
                [self.layer],
                self.settings.max_tokens,
                self.settings.long_sequences,
            )
            offsets = np.cumsum([0, *(len(self.sequences[number]) for number in chunk)])
            for start, stop in whole_proteins(offsets, max_residues):
                yield ActivationBlock(
                    list(self.names[chunk.start + start : chunk.start + stop]),
                    offsets[start : stop + 1] - offsets[start],
                    torch.cat([each[self.layer].cpu() for each in embedded[start:stop]]),
                )
