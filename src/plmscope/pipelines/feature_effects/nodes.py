"""Nodes of the effects of features."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import concepts as ca
from plmscope import effects, features, plms, saes, steering
from plmscope.concepts.amino_acids import AMINO_ACID_CATEGORY

logger = logging.getLogger(__name__)


def ablate_named_features(
    plm: plms.ProteinLanguageModel,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    named_features: pd.DataFrame,
    settings: effects.EffectSettings,
) -> pd.DataFrame:
    """Ablate every named feature at its concept's residues in test, under masked input.

    Args:
        plm: On its device; without a masked-LM head nothing is measured.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        named_features: The features and their concepts.
        settings: Proteins, masks, controls.

    Returns:
        `feature_ablations`.
    """
    if not plm.has_lm_head:
        logger.warning(
            "%s has no masked-LM head: feature_ablations, feature_effects, glycine_repeats and the"
            " last rung of feature_ladder need one, and stay empty",
            plm.plm_id,
        )
        return effects.no_ablations()
    return effects.ablate_named(plm, sae, annotated_proteins, named_features, settings)


def summarise_effects(
    feature_ablations: pd.DataFrame, uncertainty: ca.UncertaintySettings
) -> pd.DataFrame:
    """Give each feature its effect, beside that of its controls.

    Args:
        feature_ablations: A row a feature, protein and kind of ablation.
        uncertainty: Bootstrap over homology clusters.

    Returns:
        `feature_effects`.
    """
    return effects.summarise_effects(feature_ablations, uncertainty)


def steer_repeats(
    plm: plms.ProteinLanguageModel,
    sae: saes.SAE,
    feature_patterns: pd.DataFrame,
    settings: steering.RepeatSettings,
) -> pd.DataFrame:
    """Clamp glycine features at the first glycine of GXXGXX repeats.

    Args:
        plm: On its device.
        sae: Scaled to the maxima of its features, on its device.
        feature_patterns: Of which the features are chosen.
        settings: Sequences, doses, controls.

    Returns:
        `glycine_repeats`.
    """
    if not plm.has_lm_head:
        return steering.no_repeats()
    repeats = steering.steer_repeats(plm, sae, feature_patterns, settings)
    shown = repeats[(repeats["dose"] == max(settings.doses)) & repeats["is_repeat"]]
    for (kind, offset), rows in shown.groupby(["kind", "offset"], sort=False):
        logger.info(
            "glycine %2d residues on, %s: P(glycine) %+.3f (%.3f to %.3f), mean of %d",
            *(offset, kind, rows["change"].mean()),
            *(rows["change_low"].mean(), rows["change_high"].mean(), len(rows)),
        )
    return repeats


def climb_ladder(
    named_features: pd.DataFrame,
    control_report: pd.DataFrame,
    motif_control_report: pd.DataFrame,
    feature_effects: pd.DataFrame,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Put every named feature on its rung.

    Args:
        named_features: Their scores and intervals.
        control_report: What the controls score at each concept.
        motif_control_report: What the motif of each feature scores.
        feature_effects: What the PLM does with each.

    Returns:
        `feature_ladder`, and `effects_summary`: how many climb to each rung.
    """
    ladder = features.climb_ladder(
        named_features, control_report, motif_control_report, feature_effects
    )
    rungs = features.count_rungs(ladder)
    for rung in rungs.to_dict("records"):
        logger.info(
            "%d. %-20s %4d features of %2d concepts climb here; %4d pass it by itself",
            *(rung["rung"], rung["what"], rung["n_reached"], rung["n_concepts"], rung["n_passed"]),
        )
    chance = int(feature_effects["is_active_there_used"].sum()) if len(feature_effects) else 0
    logger.info(
        "%d of %d named features are used beyond their controls; of the features active at the same"
        " residues, asked in their place, %d",
        *(int(ladder["is_used"].sum()), len(ladder), chance),
    )
    by_amino_acid = ladder["is_used"] & ladder["name"].str.startswith(AMINO_ACID_CATEGORY)
    logger.info("Of the features that are used, %d are of amino acids", by_amino_acid.sum())
    summary = {"rungs": rungs.to_dict("records"), "n_named": len(ladder), "n_controls_used": chance}
    return ladder, summary
