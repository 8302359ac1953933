"""Motifs planted into real sequences: a truth to compare an SAE with.

A motif is a core that all its variants share and a tail that tells them apart. An SAE *recovers* a
motif if a feature finds it; it *splits* the motif if several features stand for it; and it
*absorbs* the motif into a variant if the motif's feature is silent on instances of a variant that
a feature of the variant's own finds (Chanin et al. 2024, arXiv:2409.14507).
"""

import numpy as np
import pandas as pd

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.by_protein import count_by_protein
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.scoring.best_pairs import GOOD_F1, best_pairs
from plmscope.concepts.settings import CountingSettings, PlantingSettings

SHOWN_SCORES = ["valid_f1", "valid_f1_per_residue", "test_f1", "test_f1_per_residue"]


def plant_motifs(proteins: pd.DataFrame, settings: PlantingSettings) -> AnnotatedProteins:
    """Overwrite a stretch of some proteins with a motif; lengths stay as they are.

    Args:
        proteins: The `proteins` table.
        settings: How many motifs of what lengths, in which fraction of the proteins; seed.

    Returns:
        The proteins, their sequences changed where a motif was planted; the planted instances, each
        as any motif and as its variant; "Planted motif 1: any", "Planted motif 1: a", …
    """
    rng = np.random.default_rng(settings.seed)
    letters = np.array(list(AMINO_ACIDS))
    cores = _draw_words(rng, settings.n_motifs, settings.core_length, letters)
    tails = _draw_words(rng, settings.n_variants, settings.tail_length, letters)
    length = settings.core_length + settings.tail_length
    sequences, rows = [], []
    for protein in proteins.itertuples():
        sequence = str(protein.sequence)
        if len(sequence) >= length and rng.random() < settings.planted_fraction:
            motif, variant = rng.integers(settings.n_motifs), rng.integers(settings.n_variants)
            start = int(rng.integers(len(sequence) - length + 1))
            word = cores[motif] + tails[variant]
            sequence = sequence[:start] + word + sequence[start + length :]
            category = f"Planted motif {motif + 1}"
            rows += [
                (protein.accession, category, f"{category}: {name}", start + 1, start + length)
                for name in ("any", chr(ord("a") + variant))
            ]
        sequences.append(sequence)
    annotations = pd.DataFrame(rows, columns=["accession", "category", "concept", "start", "end"])
    annotations = annotations.assign(level="span", instance=np.arange(len(rows)))
    concepts = annotations[["concept", "category", "level"]].drop_duplicates(ignore_index=True)
    return AnnotatedProteins(
        proteins.assign(sequence=sequences), annotations, concepts.assign(kept=True)
    )


def report_planted(
    labelled: LabelledFeatures,
    pair_scores: pd.DataFrame,
    counting: CountingSettings,
    settings: PlantingSettings,
) -> pd.DataFrame:
    """How each planted motif was found.

    Args:
        labelled: The features of the planted proteins of test, and their planted labels.
        pair_scores: Scored pairs of the planted concepts.
        counting: Thresholds, block size.
        settings: What it takes for a feature to stand for a motif.

    Returns:
        A row per motif: motif; its best feature, with F1 and F1 per residue on valid and test;
        recovered (test F1 above `GOOD_F1`); n_features that stand for it (above 1: split);
        absorbed_fraction: of its test instances, those that its feature misses and a feature of
        their variant finds.
    """
    planted = pair_scores[pair_scores["category"].str.startswith("Planted motif")]
    is_any = planted["concept"].str.endswith(": any")
    whole = best_pairs(planted[is_any])
    stands = is_any & True
    for split in ("valid", "test"):
        stands &= planted[f"{split}_precision"] >= settings.min_precision
        stands &= planted[f"{split}_recall_per_instance"] >= settings.min_recall
    n_features = planted[stands].groupby("category")["feature"].nunique()
    feature_of = whole.set_index("category")["feature"]
    of_variants = planted[~is_any & (planted["feature"] != planted["category"].map(feature_of))]
    variants = best_pairs(of_variants)
    chosen = pd.concat([whole, variants], ignore_index=True)
    # A protein has one instance at most, so that counts by protein are counts by instance.
    hit = count_by_protein(labelled, chosen, counting).instances_hit > 0
    labels, rows = labelled.labels, []
    for number, (_, motif) in enumerate(whole.iterrows()):
        of_motif = np.flatnonzero(chosen["category"] == motif["category"])
        by_variant = hit[:, of_motif[of_motif >= len(whole)]].any(axis=1)
        n_instances = max(int(labels.n_instances[labels.number_of(motif["concept"])]), 1)
        rows.append(
            {
                "motif": motif["category"],
                **motif[["feature", *SHOWN_SCORES]],
                "recovered": motif["test_f1"] > GOOD_F1,
                "n_features": int(n_features.get(motif["category"], 0)),
                "absorbed_fraction": float((by_variant & ~hit[:, number]).sum() / n_instances),
            }
        )
    return pd.DataFrame(rows).sort_values("motif", ignore_index=True)


def _draw_words(
    rng: np.random.Generator, n_words: int, length: int, letters: np.ndarray
) -> list[str]:
    return ["".join(rng.choice(letters, length)) for _ in range(n_words)]
