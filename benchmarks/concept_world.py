"""Made-up proteins, annotations and sparse features for the benchmarks of concept analysis."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import torch

from plmscope.activations import ActivationBlock
from plmscope.concepts import ConceptLabels

PROTEIN_LENGTH = 300
N_CONCEPTS = 400
N_FEATURES = 10_240
K = 32
N_AMINO_ACIDS = 20


@dataclass(frozen=True)
class MadeUpStore:
    """Proteins of equal length; `x` is nothing but each residue's row number."""

    n_proteins: int
    first: int = 0

    @property
    def n_residues(self) -> int:
        return self.n_proteins * PROTEIN_LENGTH

    @cached_property
    def accessions(self) -> list[str]:
        return [f"P{number:06d}" for number in range(self.first, self.first + self.n_proteins)]

    @cached_property
    def offsets(self) -> np.ndarray:
        return np.arange(self.n_proteins + 1) * PROTEIN_LENGTH

    def part(self, start: int, stop: int) -> "MadeUpStore":
        return replace(self, n_proteins=stop - start, first=self.first + start)

    def blocks(self, max_residues: int = 8192) -> Iterator[ActivationBlock]:
        per_block = max_residues // PROTEIN_LENGTH
        for start in range(0, self.n_proteins, per_block):
            stop = min(start + per_block, self.n_proteins)
            rows = torch.arange(start * PROTEIN_LENGTH, stop * PROTEIN_LENGTH)
            rows += self.first * PROTEIN_LENGTH
            offsets = np.arange(stop - start + 1) * PROTEIN_LENGTH
            yield ActivationBlock(self.accessions[start:stop], offsets, rows[:, None])


@dataclass(frozen=True)
class MadeUpEncoder:
    """K features of `d_sae` at each residue, at no cost: a stretch of a table for each block."""

    d_sae: int
    indices: torch.Tensor
    values: torch.Tensor

    @classmethod
    def make(cls, d_sae: int = N_FEATURES, n_rows: int = 8192) -> "MadeUpEncoder":
        """Features of neighbouring residues resemble each other: each is held for four residues."""
        generator = torch.Generator().manual_seed(0)
        slots = torch.arange(K) * (d_sae // K)
        drawn = torch.randint(d_sae // K, (n_rows // 2, K), generator=generator) + slots
        values = torch.rand(2 * n_rows, K, generator=generator)
        return cls(d_sae, drawn.repeat_interleave(4, 0), values)

    def encode_sparse(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        start = int(x[0, 0]) % (len(self.indices) // 2)
        rows = slice(start, start + len(x))
        return self.indices[rows], self.values[rows]


def make_labels(store: MadeUpStore, n_concepts: int = N_CONCEPTS) -> ConceptLabels:
    """Two annotations a protein and concept in fifty, half of the concepts at span level.

    The twenty amino acids count among the `n_concepts`.
    """
    rng = np.random.default_rng(0)
    n_annotated = n_concepts - N_AMINO_ACIDS
    n_rows = store.n_proteins * n_annotated // 25
    concept = rng.integers(n_annotated, size=n_rows)
    is_span = concept % 2 == 0
    start = rng.integers(1, PROTEIN_LENGTH - 20, size=n_rows)
    names = np.array([f"Concept {number}" for number in range(n_annotated)])
    levels = np.array(["span", "residue"])
    annotations = pd.DataFrame(
        {
            "accession": np.array(store.accessions)[rng.integers(store.n_proteins, size=n_rows)],
            "concept": names[concept],
            "start": start,
            "end": start + is_span * rng.integers(0, 20, size=n_rows),
            "instance": np.arange(n_rows),
        }
    )
    concepts = pd.DataFrame(
        {
            "concept": names,
            "category": "Concept",
            "level": levels[np.arange(n_annotated) % 2],
            "kept": True,
        }
    )
    letters = rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), PROTEIN_LENGTH)
    proteins = pd.DataFrame(
        {
            "accession": store.accessions,
            "sequence": "".join(letters),
            "length": PROTEIN_LENGTH,
        }
    )
    return ConceptLabels.of_proteins(proteins, annotations, concepts)
