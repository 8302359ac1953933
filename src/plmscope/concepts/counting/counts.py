"""Integer counts of where features are on against where concepts are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Int, Int64

from plmscope.concepts.errors import CountsMismatchError

TOTALS = ["n_positive_residues", "n_instances", "n_annotated"]


class Pairs(NamedTuple):
    """Some pairs of a feature and a concept, each at one threshold; all are row numbers.

    Attributes:
        concept: Row of `OverlapCounts.concepts`.
        feature: Feature number.
        threshold: Place in `OverlapCounts.thresholds`.
    """

    concept: Int[np.ndarray, " n_pairs"]
    feature: Int[np.ndarray, " n_pairs"]
    threshold: Int[np.ndarray, " n_pairs"]


@dataclass(frozen=True, eq=False)
class OverlapCounts:
    """Integer counts of features × concepts × thresholds over some proteins; shards add up.

    Attributes:
        concepts: concept, category, level, n_positive_residues, n_instances (what recall counts: at
            residue level, labelled residues), n_annotated (annotated instances at either level).
        thresholds: A feature is on where its value is strictly above the threshold.
        n_residues: Residues of all proteins, annotated or not.
        n_active: Residues where a feature is on, [n_features, n_thresholds].
        tp: Of these, residues that carry the concept, [n_concepts, n_features, n_thresholds].
        n_active_annotated: Of `n_active`, those in proteins that carry the concept; same shape as
            `tp`.
        instances_hit: Instances of a span-level concept with a residue where the feature is on;
            for a residue-level concept an instance is a residue, so this is `tp`.
        made_from: What they were counted from, as the run that counted them writes down.
    """

    concepts: pd.DataFrame
    thresholds: tuple[float, ...]
    n_residues: int
    n_active: Int64[np.ndarray, "n_features n_thresholds"]
    tp: Int64[np.ndarray, "n_concepts n_features n_thresholds"]
    n_active_annotated: Int64[np.ndarray, "n_concepts n_features n_thresholds"]
    instances_hit: Int64[np.ndarray, "n_concepts n_features n_thresholds"]
    made_from: dict[str, str] = field(default_factory=dict)

    @property
    def n_features(self) -> int:
        """How many features were counted."""
        return self.n_active.shape[0]

    def to_tables(self) -> dict[str, pd.DataFrame]:
        """The same counts in sparse long form; `made_from` is not in the tables.

        Returns:
            concepts: as `concepts`, with n_residues; features: feature, threshold, n_active; pairs:
            concept, feature, threshold, tp, n_active_annotated, instances_hit, a row wherever the
            feature is on in a protein that carries the concept.
        """
        concept, feature, threshold = np.nonzero(self.n_active_annotated)
        thresholds = np.asarray(self.thresholds)
        return {
            "concepts": self.concepts.assign(n_residues=self.n_residues),
            "features": pd.DataFrame(
                {
                    "feature": np.repeat(np.arange(self.n_features), len(thresholds)),
                    "threshold": np.tile(thresholds, self.n_features),
                    "n_active": self.n_active.ravel(),
                }
            ),
            "pairs": pd.DataFrame(
                {
                    "concept": self.concepts["concept"].iloc[concept].to_numpy(),
                    "feature": feature,
                    "threshold": thresholds[threshold],
                    "tp": self.tp[concept, feature, threshold],
                    "n_active_annotated": self.n_active_annotated[concept, feature, threshold],
                    "instances_hit": self.instances_hit[concept, feature, threshold],
                }
            ),
        }

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, pd.DataFrame], made_from: Mapping[str, str] | None = None
    ) -> "OverlapCounts":
        """The inverse of `to_tables`."""
        concepts, features, pairs = tables["concepts"], tables["features"], tables["pairs"]
        thresholds = features["threshold"].unique()
        shape = (len(concepts), len(features) // len(thresholds), len(thresholds))
        place = (
            pd.Index(concepts["concept"]).get_indexer(pd.Index(pairs["concept"])),
            pairs["feature"].to_numpy(),
            np.searchsorted(thresholds, pairs["threshold"]),
        )

        def dense(column: str) -> Int64[np.ndarray, "n_concepts n_features n_thresholds"]:
            counts = np.zeros(shape, dtype=np.int64)
            counts[place] = pairs[column]
            return counts

        return cls(
            concepts.drop(columns="n_residues"),
            tuple(thresholds.tolist()),
            int(concepts["n_residues"].iloc[0]),
            features["n_active"].to_numpy().reshape(shape[1:]),
            dense("tp"),
            dense("n_active_annotated"),
            dense("instances_hit"),
            dict(made_from or {}),
        )

    def fp(self, pairs: Pairs) -> Int64[np.ndarray, " n_pairs"]:
        """False positives of some pairs over all proteins, with or without the concept."""
        return self.n_active[pairs.feature, pairs.threshold] - self.tp[pairs]

    def fp_annotated(self, pairs: Pairs) -> Int64[np.ndarray, " n_pairs"]:
        """False positives of some pairs in the proteins that carry the concept."""
        return self.n_active_annotated[pairs] - self.tp[pairs]

    def check_comparable(self, other: "OverlapCounts") -> None:
        """Refuse counts that are about something else.

        Raises:
            CountsMismatchError: They are about other concepts, features or thresholds.
        """
        for name, mine, theirs in (
            ("thresholds", self.thresholds, other.thresholds),
            ("number of features", self.n_features, other.n_features),
            ("concepts", self.concepts["concept"].tolist(), other.concepts["concept"].tolist()),
        ):
            if mine != theirs:
                raise CountsMismatchError(
                    f"Counts cannot be held together: their {name} differ, {mine} and {theirs}."
                    " Count both again: kedro run --pipelines concept_analysis"
                )

    def __add__(self, other: "OverlapCounts") -> "OverlapCounts":
        """The counts over the proteins of both, which must be different proteins.

        `made_from` is that of the left operand.

        Raises:
            CountsMismatchError: They are about other concepts, features or thresholds.
        """
        self.check_comparable(other)
        return OverlapCounts(
            self.concepts.assign(
                **{name: self.concepts[name] + other.concepts[name] for name in TOTALS}
            ),
            self.thresholds,
            self.n_residues + other.n_residues,
            self.n_active + other.n_active,
            self.tp + other.tp,
            self.n_active_annotated + other.n_active_annotated,
            self.instances_hit + other.instances_hit,
            dict(self.made_from),
        )
