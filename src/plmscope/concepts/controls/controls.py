"""The same counting and scoring for what should find little: every headline stands beside it."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.concepts.controls.baselines import CompositionSource, fit_baseline
from plmscope.concepts.counting.by_protein import PairCounts, count_by_protein
from plmscope.concepts.counting.counts import OverlapCounts
from plmscope.concepts.counting.encoding import ActivationSource, SparseEncoder
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.labels import AMINO_ACID_CATEGORY, ConceptLabels, draw_shifts
from plmscope.concepts.scoring.headline import best_pairs
from plmscope.concepts.scoring.scores import at_test_threshold, score_pairs
from plmscope.concepts.scoring.summary import Headline
from plmscope.concepts.settings import (
    ControlSettings,
    CountingSettings,
    ScoringSettings,
    UncertaintySettings,
)
from plmscope.concepts.uncertainty.bootstrap import add_intervals
from plmscope.saes import SAE

HELD_OUT = ("valid", "test")


class Comparison(NamedTuple):
    """An encoder, what it encodes and what it is compared with, by held-out split.

    Attributes:
        encoder: Gives the features.
        sources: Activations of valid and test.
        labels: Their labels.
    """

    encoder: SparseEncoder
    sources: Mapping[str, ActivationSource]
    labels: Mapping[str, ConceptLabels]

    @classmethod
    def of_store(
        cls, encoder: SparseEncoder, store: ActivationStore, labels: Mapping[str, ConceptLabels]
    ) -> "Comparison":
        """Compare on the labelled proteins of a store."""
        sources = {split: store.select(part.accessions) for split, part in labels.items()}
        return cls(encoder, sources, labels)

    def overlap_counts(self, settings: CountingSettings) -> dict[str, OverlapCounts]:
        """Count overlaps on valid and on test."""
        return {
            split: count_overlaps(
                self.sources[split],
                self.encoder,
                of_split,
                settings.thresholds,
                max_residues=settings.max_residues,
            )
            for split, of_split in self.labels.items()
        }

    def count_on_test(self, pairs: pd.DataFrame, settings: CountingSettings) -> PairCounts:
        """Count scored pairs on test, protein by protein, at the thresholds used there."""
        return count_by_protein(
            self.sources["test"],
            self.encoder,
            self.labels["test"],
            at_test_threshold(pairs),
            settings,
        )


def label_held_out(
    proteins: pd.DataFrame, annotations: pd.DataFrame, concepts: pd.DataFrame
) -> dict[str, ConceptLabels]:
    """The labels of valid and of test."""
    return {
        split: ConceptLabels.of_split(proteins, annotations, concepts, split) for split in HELD_OUT
    }


def score_control(
    control: Comparison, counting: CountingSettings, scoring: ScoringSettings
) -> pd.DataFrame:
    """All pairs of annotated concepts, chosen on valid and scored on test, like an SAE's.

    Returns:
        As of `score_pairs`.
    """
    counts = control.overlap_counts(counting)
    pairs = score_pairs(counts["valid"], counts["test"], scoring)
    return pairs[pairs["category"] != AMINO_ACID_CATEGORY]


def add_controls(
    known: pd.DataFrame,
    controls: Mapping[str, Comparison],
    cluster_of: pd.Series,
    counting: CountingSettings,
    scoring: ScoringSettings,
    uncertainty: UncertaintySettings,
) -> tuple[pd.DataFrame, dict[str, Headline]]:
    """The best pair of each concept for each control, below those that are known already.

    Args:
        known: control and the columns of `score_pairs` and `add_intervals`: the SAE's best pairs,
            other controls'.
        controls: Whatever the SAE is compared with, by name.
        cluster_of: Homology cluster by accession.
        counting: Thresholds, block size.
        scoring: The protocol.
        uncertainty: Of the intervals.

    Returns:
        The table, and what all pairs of each added control add up to.
    """
    tables, headlines = [known], {}
    for name, control in controls.items():
        pairs = score_control(control, counting, scoring)
        best = best_pairs(pairs)
        by_cluster = control.count_on_test(best, counting).by_cluster(cluster_of)
        best = add_intervals(best, by_cluster, uncertainty)
        best.insert(0, "control", name)
        tables.append(best)
        headlines[name] = Headline.of_pairs(pairs, best)
    return pd.concat(tables, ignore_index=True)[tables[-1].columns], headlines


def shuffle_sequences(proteins: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same proteins with the residues of each in random order."""
    rng = np.random.default_rng(seed)
    sequences = ["".join(rng.permutation(list(sequence))) for sequence in proteins["sequence"]]
    return proteins.assign(sequence=sequences)


def make_controls(
    store: ActivationStore,
    sae: SAE,
    proteins: pd.DataFrame,
    labels: Mapping[str, ConceptLabels],
    counting: CountingSettings,
    settings: ControlSettings,
) -> dict[str, Comparison]:
    """The controls that need no other activations than the SAE's own.

    Args:
        store: Activations of all proteins.
        sae: The SAE that is controlled; the other encoders are put where it is.
        proteins: Their sequences and splits.
        labels: The labels of valid and test.
        counting: Block size.
        settings: Reach of the local composition, seed of the shuffled labels.

    Returns:
        raw_neurons, pca, amino_acid_identity, local_composition, shuffled_labels.
    """
    of_split = {split: proteins[proteins["split"] == split] for split in ("train", *HELD_OUT)}
    stores = {split: store.select(part["accession"]) for split, part in of_split.items()}

    def fit(architecture: Literal["identity", "pca"], train: ActivationSource) -> SAE:
        return fit_baseline(architecture, train, counting).to(sae.device)

    controls = {
        "raw_neurons": Comparison(fit("identity", stores["train"]), stores, labels),
        "pca": Comparison(fit("pca", stores["train"]), stores, labels),
    }
    for name, window in (("amino_acid_identity", 0), ("local_composition", settings.window)):
        sources = {
            split: CompositionSource(part["accession"].tolist(), part["sequence"].tolist(), window)
            for split, part in of_split.items()
        }
        controls[name] = Comparison(fit("identity", sources["train"]), sources, labels)
    controls["shuffled_labels"] = Comparison(sae, stores, shuffle_labels(labels, settings.seed))
    return controls


def shuffle_labels(labels: Mapping[str, ConceptLabels], seed: int) -> dict[str, ConceptLabels]:
    """The labels of each split, each protein's moved by a random number of residues."""
    shuffled = {}
    for place, (split, of_split) in enumerate(labels.items()):
        each_alone = np.arange(len(of_split.accessions))
        (shifts,) = draw_shifts(np.diff(of_split.offsets), each_alone, 1, seed + place)
        shuffled[split] = of_split.rotate(shifts)
    return shuffled
