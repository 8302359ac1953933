"""What a search for SAE settings tried and chose, as the report and the dashboard show it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from plmscope.features.report.html_parts import TEMPLATES

SEARCH_PLOTS = {
    "sae_search_history_plot": "The objective of each trial, and the best one so far.",
    "sae_search_front_plot": (
        "L0 against FVU of each trial as last measured; the dotted line joins the trials that no "
        "other beats."
    ),
    "sae_search_importances_plot": (
        "How much of the objective's variance each searched setting explains."
    ),
    "sae_search_slices_plot": (
        "The objective against each searched setting; the later a trial, the darker."
    ),
    "sae_search_parallel_plot": (
        "Each line is a trial, drawn through its settings; None where its architecture has no such "
        "setting."
    ),
}
"""The figures of a search by the catalog's names, in the order to show them, with captions."""

_MEASURED = {
    "l0": ("L0", ".1f"),
    "fvu": ("FVU", ".4f"),
    "concept_f1": ("concept F1", ".4f"),
    "dead_fraction": ("dead features", ".1%"),
}


def search_html(trials: pd.DataFrame, sae_config: Mapping[str, Any]) -> str:
    """The chosen settings, why they were chosen, the configured ones beside them, and all trials.

    Args:
        trials: `sae_search_trials`.
        sae_config: The settings that were taken, with their trial and the reason.

    Returns:
        HTML; one sentence where no search was made.
    """
    reasons = trials["reason"].where(trials["reason"] == "", ": " + trials["reason"])
    return TEMPLATES.get_template("search.html").render(
        config=sae_config,
        all_settings=_all_settings(sae_config),
        trials=_as_text(trials).to_dict("index"),
        states=dict(zip(trials["trial"], trials["state"] + reasons, strict=True)),
        n_residues=trials["n_residues"].max(),
    )


def _all_settings(sae_config: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that decides the training, the objective's settings beside the others."""
    settings = sae_config["sae"] | sae_config["training"]
    return settings | settings.pop("objective", {})


def _as_text(trials: pd.DataFrame) -> pd.DataFrame:
    """The searched settings of each trial and what was measured, indexed by trial."""
    searched = {name: (name, ".4g") for name in trials.loc[:, "architecture":]}
    measured = {name: shown for name, shown in _MEASURED.items() if trials[name].notna().any()}
    columns = {
        heading: [_cell(value, form) for value in trials[name]]
        for name, (heading, form) in (searched | measured).items()
    }
    return pd.DataFrame(columns, index=trials["trial"])


def _cell(value: Any, form: str) -> str:
    if pd.isna(value):
        return "–"
    return format(value, form) if isinstance(value, float) else str(value)
