"""Whether a search leaves the configured settings a chance."""

from __future__ import annotations

from plmscope.training.errors import SearchError
from plmscope.training.search.settings import BestWithinL0, SearchSettings
from plmscope.training.settings import RunSettings


def check_search(configured: RunSettings, search: SearchSettings) -> None:
    """Refuse a search whose rule can never choose the configured SAE, or that trains nothing.

    Args:
        configured: The settings of trial 0.
        search: Its rule and its residues per trial.

    Raises:
        SearchError: Naming both settings.
    """
    wanted, setting = _wanted_l0(configured)
    rule = search.choice
    if isinstance(rule, BestWithinL0) and wanted is not None and wanted > rule.max_l0:
        raise SearchError(
            f"{setting} is {wanted:g}, above search.choice.max_l0 ({rule.max_l0:g}): the search"
            " could never choose the configured SAE. Raise search.choice.max_l0, or set"
            " search.n_trials: 0 to take it without a search."
        )
    if search.residues_per_trial < configured.training.batch_size:
        raise SearchError(
            f"search.residues_per_trial ({search.residues_per_trial}) is less than one batch"
            f" (training.batch_size: {configured.training.batch_size}): raise it."
        )


def _wanted_l0(configured: RunSettings) -> tuple[float | None, str]:
    """The features per residue that the configured SAE is to have, and the setting that says so."""
    target_l0 = getattr(configured.objective, "target_l0", None)
    if target_l0 is not None:
        return target_l0, "training.objective.target_l0"
    return getattr(configured.sae, "k", None), "sae.k"
