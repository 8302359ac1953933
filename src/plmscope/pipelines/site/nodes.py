"""Nodes of the static site."""

from __future__ import annotations

import pandas as pd

from plmscope import concepts as ca
from plmscope import saes
from plmscope import site as sites


def make_site(
    sae: saes.SAE,
    feature_table: pd.DataFrame,
    feature_motifs: pd.DataFrame,
    feature_examples: pd.DataFrame,
    feature_pairs: pd.DataFrame,
    annotated_proteins: ca.AnnotatedProteins,
    settings: sites.SiteSettings,
) -> sites.Site:
    """Gather what the static site shows; saving writes it.

    Args:
        sae: Whose features are shown.
        feature_table: What is known of each.
        feature_motifs: Their windows and motifs.
        feature_examples: Their example proteins.
        feature_pairs: The best pairs of each.
        annotated_proteins: The proteins and what is known of them.
        settings: What is shown.

    Returns:
        The site.
    """
    return sites.Site(
        sae,
        feature_table,
        feature_motifs,
        feature_examples,
        feature_pairs,
        annotated_proteins,
        settings,
    )
