"""Nodes of SAE import."""

from __future__ import annotations

from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import saes, training


def import_sae(
    given_sae: saes.SAE, activations: stores.ActivationStore, proteins: pd.DataFrame
) -> tuple[saes.SAE, dict[str, Any], pd.DataFrame]:
    """Scale somebody's SAE on the train split, unless it is scaled, and say where it is from.

    Args:
        given_sae: The SAE as it was found.
        activations: Activations of all proteins.
        proteins: Which protein is in which split.

    Returns:
        The SAE; its settings as `sae_config`, with no settings of a training; an empty training
        history.
    """
    train = activations.select(proteins.loc[proteins["split"] == "train", "accession"])
    sae = saes.import_sae(given_sae, train)
    sae_config = {
        "sae": sae.config.model_dump(mode="json"),
        "training": {},
        "trial": None,
        "reason": f"Imported from {sae.provenance.source}.",
    }
    return sae, sae_config, training.empty_history()


def record_no_search(search: training.SearchSettings) -> tuple[Any, ...]:
    """Say that no settings were searched.

    Args:
        search: Which columns the table of trials has.

    Returns:
        The trials and the L0-FVU front, without rows, and the five plots.
    """
    none = training.empty_trials(search)
    return none, none, *training.plot_search(None, none, none, search)
