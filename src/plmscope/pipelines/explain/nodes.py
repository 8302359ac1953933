"""Nodes of explaining."""

from __future__ import annotations

from plmscope import atlas as atlases
from plmscope import explanation, plms


def explain(
    query: str,
    given_atlas: atlases.Atlas,
    plm: plms.ProteinLanguageModel,
    settings: explanation.ExplainSettings,
) -> explanation.Explanation:
    """Say what the PLM sees in somebody's proteins.

    Args:
        query: A FASTA file, a sequence, or an accession.
        given_atlas: What is known of the SAE's features.
        plm: The PLM of the atlas.
        settings: Long sequences, downloads.

    Returns:
        Tables and a page.
    """
    return explanation.explain(query, given_atlas, plm, settings)
