"""One feature's activation along one protein, beside the annotations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from plmscope.features.drawing.colours import ANNOTATION_COLOURS

FROM_CORPUS = "from the FASTA corpus: without annotations"


@dataclass(frozen=True)
class Lane:
    """The annotated spans of one concept in one protein.

    Attributes:
        concept: The concept's name.
        spans: (start, end) of each, 1-based and inclusive.
    """

    concept: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Track:
    """What is drawn of one protein.

    Attributes:
        sequence: One letter a residue.
        activation: Activation by 1-based position; positions left out are 0.
        lanes: Annotated concepts, at most as many as there are `ANNOTATION_COLOURS`.
        remark: Said in place of lanes that nothing is known for.
    """

    sequence: str
    activation: dict[int, float]
    lanes: tuple[Lane, ...] = ()
    remark: str = ""

    @property
    def peak_position(self) -> int:
        """The 1-based position of the highest activation."""
        return max(self.activation, key=lambda position: self.activation[position])


def example_track(
    example: Mapping[Any, Any],
    protein: Mapping[Any, Any],
    annotations: pd.DataFrame,
    concepts: Sequence[str],
) -> Track:
    """What is drawn of one example protein.

    Args:
        example: A row of `feature_examples`.
        protein: The row of `proteins` of the same protein.
        annotations: The `annotations` of this protein, and maybe of others.
        concepts: The concepts to draw, in order. Of a protein of the corpus nothing is known: it
            has a remark in place of empty lanes, which would say that UniProt knows of none.
    """
    is_corpus = protein["origin"] == "corpus"
    of_protein = annotations[annotations["accession"] == example["accession"]]
    return Track(
        sequence=protein["sequence"],
        activation=dict(zip(example["positions"], example["values"], strict=True)),
        lanes=() if is_corpus else make_lanes(of_protein, concepts),
        remark=FROM_CORPUS if is_corpus else "",
    )


def make_lanes(annotations: pd.DataFrame, concepts: Sequence[str]) -> tuple[Lane, ...]:
    """The lanes of one protein.

    Args:
        annotations: The annotations of this protein: `concept`, `start`, `end`.
        concepts: The concepts to draw, in order; each has a lane even where the protein has no
            span of it, so that a missing annotation is seen.
    """
    rows = (annotations[name].tolist() for name in ("concept", "start", "end"))
    spans: dict[str, list[tuple[int, int]]] = {}
    for concept, start, end in zip(*rows, strict=True):
        spans.setdefault(concept, []).append((start, end))
    return tuple(
        Lane(concept, tuple(spans.get(concept, ())))
        for concept in concepts[: len(ANNOTATION_COLOURS)]
    )
