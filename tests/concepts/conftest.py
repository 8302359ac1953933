"""Small proteins, made-up annotations and features given by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.activations import ActivationBlock


@dataclass(frozen=True)
class GivenFeatures:
    """A store whose activations are the feature values themselves, [n_residues, n_features]."""

    accessions: list[str]
    lengths: list[int]
    x: torch.Tensor

    @property
    def n_residues(self) -> int:
        return len(self.x)

    @property
    def offsets(self) -> np.ndarray:
        return np.r_[0, np.cumsum(self.lengths)]

    def part(self, start: int, stop: int) -> "GivenFeatures":
        return self.select(self.accessions[start:stop])

    def select(self, accessions) -> "GivenFeatures":
        wanted = [number for number, name in enumerate(self.accessions) if name in set(accessions)]
        parts = self.x.split(self.lengths)
        return GivenFeatures(
            [self.accessions[number] for number in wanted],
            [self.lengths[number] for number in wanted],
            torch.cat([parts[number] for number in wanted]) if wanted else self.x[:0],
        )

    def blocks(self, max_residues: int = 8192) -> Iterator[ActivationBlock]:
        """One protein a block while `max_residues` is small, all of them otherwise."""
        if self.n_residues <= max_residues:
            yield ActivationBlock(self.accessions, np.r_[0, np.cumsum(self.lengths)], self.x)
            return
        for accession, x in zip(self.accessions, self.x.split(self.lengths), strict=True):
            yield ActivationBlock([accession], np.array([0, len(x)]), x)


@dataclass(frozen=True)
class AsGiven:
    """An encoder that takes activations for features."""

    d_sae: int

    def encode_sparse(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.arange(self.d_sae).expand(len(x), -1), x


def proteins_table(sequences: dict[str, str], split: str = "valid") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "accession": list(sequences),
            "sequence": list(sequences.values()),
            "length": [len(sequence) for sequence in sequences.values()],
            "origin": "annotated",
            "cluster": list(sequences),
            "split": split,
        }
    )


def annotations_table(rows: list[tuple[str, str, str, int, int, int]]) -> pd.DataFrame:
    """Rows of accession, concept, level, start, end, instance."""
    table = pd.DataFrame(
        rows, columns=["accession", "concept", "level", "start", "end", "instance"]
    ).astype(dict.fromkeys(("start", "end", "instance"), "int64") | {"concept": "str"})
    table.insert(1, "category", table["concept"].str.split(": ").str[0])
    return table


def concepts_table(annotations: pd.DataFrame) -> pd.DataFrame:
    concepts = annotations[["concept", "category", "level"]].drop_duplicates(ignore_index=True)
    return concepts.assign(kept=True, reason="")


@pytest.fixture(scope="session")
def tables():
    """Functions that make the tables of proteins, annotations and concepts."""
    return proteins_table, annotations_table, concepts_table


@pytest.fixture(scope="session")
def given_features():
    """A function that makes a store and its encoder from feature values by protein."""

    def make(values: dict[str, np.ndarray]) -> tuple[GivenFeatures, AsGiven]:
        arrays = [np.asarray(array, dtype=np.float32) for array in values.values()]
        store = GivenFeatures(
            list(values), [len(array) for array in arrays], torch.from_numpy(np.concatenate(arrays))
        )
        return store, AsGiven(store.x.shape[1])

    return make
