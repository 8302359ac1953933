"""Nodes of steering."""

from __future__ import annotations

import pandas as pd

from plmscope import atlas as atlases
from plmscope import explanation, plms, steering


def steer_query(
    query: str,
    given_atlas: atlases.Atlas,
    plm: plms.ProteinLanguageModel,
    settings: steering.SteeringSettings,
    explaining: explanation.ExplainSettings,
) -> tuple[pd.DataFrame, str]:
    """Clamp a feature in somebody's protein, and see what the PLM predicts then.

    Args:
        query: A FASTA file with one sequence, a sequence, or an accession.
        given_atlas: The SAE, and what is known of its features.
        plm: The PLM of the atlas.
        settings: The feature, where it is clamped and to what; controls.
        explaining: Whether accessions are asked for at UniProt.

    Returns:
        `steering_responses`, and `steering_page`.
    """
    explanation.refuse_other_plm(plm, given_atlas)
    protein = explanation.read_one_protein(query, given_atlas.proteins, explaining.downloads)
    responses = steering.dose_response(plm, given_atlas.sae, protein.sequence, settings)
    feature = given_atlas.features.set_index("feature").loc[settings.feature]
    about = steering.SteeredFeature(
        sequence_name=protein.name,
        name=str(feature["name"]),
        description=str(feature["description"]),
        plm_id=given_atlas.identity.plm_id,
        layer=given_atlas.identity.layer,
    )
    return responses, steering.render_steering(responses, about, settings)
