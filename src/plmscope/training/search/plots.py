"""What a search found, as figures."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from plmscope.training.search.settings import SearchSettings
from plmscope.training.search.study import RESULT

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial
    from plotly.graph_objects import Figure


class SearchPlots(NamedTuple):
    """The figures of a search.

    Attributes:
        history: The objective of each trial, and the best so far.
        front: L0 against FVU, with the front.
        importances: How much of the objective's variance each searched setting explains.
        slices: The objective against each searched setting.
        parallel: One line a trial through its settings.
    """

    history: Figure
    front: Figure
    importances: Figure
    slices: Figure
    parallel: Figure


def plot_search(
    study: Study | None, trials: pd.DataFrame, front: pd.DataFrame, settings: SearchSettings
) -> SearchPlots:
    """Plot a search.

    Args:
        study: None: no search was made; the figures say so.
        trials: As `tabulate_trials` makes it.
        front: As `select_front` makes it.
        settings: The search.
    """
    from optuna import visualization

    return SearchPlots(
        history=_draw(visualization.plot_optimization_history, study, settings),
        front=_draw_front(trials, front),
        importances=_draw(visualization.plot_param_importances, study, settings),
        slices=_draw(visualization.plot_slice, study, settings),
        parallel=_draw(visualization.plot_parallel_coordinate, study, settings),
    )


def _draw(plot: Callable[..., Figure], study: Study | None, settings: SearchSettings) -> Figure:
    """One of Optuna's figures, or an empty one that says why there is none."""
    if study is None:
        return _empty("No search was made: search.n_trials is 0.")
    objectives = settings.objectives
    shown = objectives[0] if len(objectives) == 1 else min(objectives)  # not L0, which is trivial

    def target(trial: FrozenTrial) -> float:
        return trial.user_attrs[RESULT][shown]

    several = {"target": target} if len(objectives) > 1 else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna warns that a target has no direction
            figure = plot(study, **several, target_name=shown)
    except (ValueError, RuntimeError) as error:  # too few trials, or all alike
        return _empty(f"{len(study.trials)} trials are not enough for this figure: {error}")
    return figure.update_layout(template="plotly_white")


def _draw_front(trials: pd.DataFrame, front: pd.DataFrame) -> Figure:
    """L0 against FVU of the trials, as they were last measured, and a line along the front."""
    from plotly.express import scatter
    from plotly.graph_objects import Scatter

    measured = trials.dropna(subset=["l0", "fvu"])
    if measured.empty:
        return _empty("No trial was measured.")
    figure = scatter(
        measured,
        x="l0",
        y="fvu",
        color="architecture",
        symbol="state",
        hover_data=[name for name in measured if name not in ("l0", "fvu", "reason")],
        log_x=True,
        labels={"l0": "L0 on valid (features per residue)", "fvu": "FVU on valid"},
        template="plotly_white",
    )
    line = Scatter(x=front["l0"], y=front["fvu"], mode="lines", name="front", line={"dash": "dot"})
    return figure.add_trace(line)


def _empty(why: str) -> Figure:
    from plotly.graph_objects import Figure

    return Figure(layout={"template": "plotly_white"}).add_annotation(text=why, showarrow=False)
