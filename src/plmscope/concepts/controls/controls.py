"""The same counting and scoring for what should find little: every headline stands beside it."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.concepts.amino_acids import without_amino_acids
from plmscope.concepts.annotated_proteins import HELD_OUT, AnnotatedProteins
from plmscope.concepts.controls.baselines import CompositionSource, fit_baseline
from plmscope.concepts.counting.by_protein import count_by_protein
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.labels import ConceptLabels, draw_shifts
from plmscope.concepts.scoring.best_pairs import best_pairs
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
from plmscope.saes.encode import ActivationSource

HeldOutFeatures = Mapping[str, LabelledFeatures]
"""What is counted over on valid and on test."""


def score_held_out(
    held_out: HeldOutFeatures, counting: CountingSettings, scoring: ScoringSettings
) -> pd.DataFrame:
    """All pairs of annotated concepts, chosen on valid and scored on test, like an SAE's.

    Returns:
        As of `score_pairs`.
    """
    valid, test = (count_overlaps(held_out[split], counting) for split in HELD_OUT)
    return without_amino_acids(score_pairs(valid, test, scoring))


def score_control(
    control: HeldOutFeatures,
    cluster_of: pd.Series,
    counting: CountingSettings,
    scoring: ScoringSettings,
    uncertainty: UncertaintySettings,
) -> tuple[pd.DataFrame, Headline]:
    """The best pair of each concept for one control.

    Args:
        control: Whatever the SAE is compared with.
        cluster_of: Homology cluster by accession.
        counting: Thresholds, block size.
        scoring: Thresholds frozen on valid, or InterPLM's protocol.
        uncertainty: Of the intervals.

    Returns:
        The columns of `score_pairs` and `add_intervals`; what all pairs add up to.
    """
    pairs = score_held_out(control, counting, scoring)
    best = best_pairs(pairs)
    on_test = count_by_protein(control["test"], at_test_threshold(best), counting)
    best = add_intervals(best, on_test.by_cluster(cluster_of), uncertainty)
    return best, Headline.of_pairs(pairs, best)


def name_controls(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of best pairs below one another.

    Args:
        tables: As of `score_control`, by the control's name.

    Returns:
        control, and their columns.
    """
    named = pd.concat(tables, names=["control"]).reset_index("control")
    return named.astype({"control": "str"}).reset_index(drop=True)


def append_controls(known: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Controls below those that are known, with the columns that all have.

    Args:
        known: The columns of the others, and maybe more: the SAE's best pairs.
        added: As of `name_controls`.
    """
    return pd.concat([known, added], ignore_index=True)[added.columns]


def shuffle_sequences(proteins: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same proteins with the residues of each in random order."""
    rng = np.random.default_rng(seed)
    sequences = ["".join(rng.permutation(list(sequence))) for sequence in proteins["sequence"]]
    return proteins.assign(sequence=sequences)


def make_controls(
    store: ActivationStore,
    sae: SAE,
    annotated: AnnotatedProteins,
    counting: CountingSettings,
    settings: ControlSettings,
) -> dict[str, HeldOutFeatures]:
    """The controls that need no other activations than the SAE's own.

    Args:
        store: Activations of all proteins.
        sae: The SAE that is controlled; the other encoders are put where it is.
        annotated: The proteins, what is known of them, the kept concepts.
        counting: Block size.
        settings: Window of the local composition, seed of the shuffled labels.

    Returns:
        raw_neurons, pca, amino_acid_identity, local_composition, shuffled_labels.
    """
    annotated = annotated.stored_in(store)
    labels = annotated.held_out_labels()
    of_split = {split: annotated.of_split(split) for split in ("train", *HELD_OUT)}
    fitted_on = "train" if len(of_split["train"]) else "valid"  # the corpus may be all of train
    stores = {split: store.select(part["accession"]) for split, part in of_split.items()}

    def compare(
        architecture: Literal["identity", "pca"], sources: Mapping[str, ActivationSource]
    ) -> HeldOutFeatures:
        encoder = fit_baseline(architecture, sources[fitted_on], counting).to(sae.device)
        return {
            split: LabelledFeatures(sources[split], encoder, labels[split]) for split in HELD_OUT
        }

    controls = {"raw_neurons": compare("identity", stores), "pca": compare("pca", stores)}
    for name, window in (("amino_acid_identity", 0), ("local_composition", settings.window)):
        sources = {
            split: CompositionSource(part["accession"].tolist(), part["sequence"].tolist(), window)
            for split, part in of_split.items()
        }
        controls[name] = compare("identity", sources)
    shuffled = shuffle_labels(labels, settings.seed)
    controls["shuffled_labels"] = {
        split: LabelledFeatures(stores[split], sae, shuffled[split]) for split in HELD_OUT
    }
    return controls


def shuffle_labels(labels: Mapping[str, ConceptLabels], seed: int) -> dict[str, ConceptLabels]:
    """The labels of each split, each protein's moved by a random number of residues."""
    shuffled = {}
    for place, (split, of_split) in enumerate(labels.items()):
        each_alone = np.arange(len(of_split.accessions))
        (shifts,) = draw_shifts(np.diff(of_split.offsets), each_alone, 1, seed + place)
        shuffled[split] = of_split.rotate(shifts)
    return shuffled
