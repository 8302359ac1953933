"""Integer counts of where features are on against where concepts are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int64

from plmscope.concepts.errors import CountsMismatchError


@dataclass(frozen=True, eq=False)
class OverlapCounts:
    """Integer counts of features × concepts × thresholds over some proteins; shards add up.

    Attributes:
        concepts: concept, category, level, n_positive_residues, n_instances.
        thresholds: A feature is on where its value is strictly above the threshold.
        n_residues: Residues of all proteins, annotated or not.
        fires: Residues where a feature is on, [n_features, n_thresholds].
        tp: Of these, residues that carry the concept, [n_concepts, n_features, n_thresholds].
        fires_annotated: Of `fires`, those in proteins that carry the concept; same shape as `tp`.
        instances_hit: Instances of a span-level concept with a residue where the feature is on;
            for a residue-level concept an instance is a residue, so this is `tp`.
    """

    concepts: pd.DataFrame
    thresholds: tuple[float, ...]
    n_residues: int
    fires: Int64[np.ndarray, "n_features n_thresholds"]
    tp: Int64[np.ndarray, "n_concepts n_features n_thresholds"]
    fires_annotated: Int64[np.ndarray, "n_concepts n_features n_thresholds"]
    instances_hit: Int64[np.ndarray, "n_concepts n_features n_thresholds"]

    @property
    def n_features(self) -> int:
        """How many features were counted."""
        return self.fires.shape[0]

    def to_tables(self) -> dict[str, pd.DataFrame]:
        """The same counts in sparse long form.

        Returns:
            concepts: as `concepts`, with n_residues; features: feature, threshold, fires; pairs:
            concept, feature, threshold, tp, fires_annotated, instances_hit, a row wherever the
            feature is on in a protein that carries the concept.
        """
        concept, feature, threshold = np.nonzero(self.fires_annotated)
        thresholds = np.asarray(self.thresholds)
        return {
            "concepts": self.concepts.assign(n_residues=self.n_residues),
            "features": pd.DataFrame(
                {
                    "feature": np.repeat(np.arange(self.n_features), len(thresholds)),
                    "threshold": np.tile(thresholds, self.n_features),
                    "fires": self.fires.ravel(),
                }
            ),
            "pairs": pd.DataFrame(
                {
                    "concept": self.concepts["concept"].iloc[concept].to_numpy(),
                    "feature": feature,
                    "threshold": thresholds[threshold],
                    "tp": self.tp[concept, feature, threshold],
                    "fires_annotated": self.fires_annotated[concept, feature, threshold],
                    "instances_hit": self.instances_hit[concept, feature, threshold],
                }
            ),
        }

    @classmethod
    def from_tables(cls, tables: dict[str, pd.DataFrame]) -> "OverlapCounts":
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
            features["fires"].to_numpy().reshape(shape[1:]),
            dense("tp"),
            dense("fires_annotated"),
            dense("instances_hit"),
        )

    @property
    def fp(self) -> Int64[np.ndarray, "n_concepts n_features n_thresholds"]:
        """False positives over all proteins, with or without the concept."""
        return self.fires - self.tp

    @property
    def fp_annotated(self) -> Int64[np.ndarray, "n_concepts n_features n_thresholds"]:
        """False positives in the proteins that carry the concept."""
        return self.fires_annotated - self.tp

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

        Raises:
            CountsMismatchError: They are about other concepts, features or thresholds.
        """
        self.check_comparable(other)
        totals = ["n_positive_residues", "n_instances"]
        return OverlapCounts(
            self.concepts.assign(
                **{name: self.concepts[name] + other.concepts[name] for name in totals}
            ),
            self.thresholds,
            self.n_residues + other.n_residues,
            self.fires + other.fires,
            self.tp + other.tp,
            self.fires_annotated + other.fires_annotated,
            self.instances_hit + other.instances_hit,
        )
