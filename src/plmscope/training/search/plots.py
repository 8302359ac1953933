"""What a search found, as figures."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from plmscope.training.search.settings import SearchSettings, Value
from plmscope.training.search.study.study import RESULT

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial
    from plotly.graph_objects import Figure

_LAYOUT = {
    "template": "plotly_white",
    "margin": {"l": 80, "r": 24, "t": 64, "b": 56},
    "height": 380,
}
_BEHIND_LINES = {  # on white, Optuna's palest line is not seen
    "plot_bgcolor": "#dde3e8",
    "title": {"pad": {"b": 8}},
}


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
        settings: Its space and objectives.
    """
    from optuna import visualization

    drawn = None if study is None else _with_configured(study, trials)
    parallel = _draw(visualization.plot_parallel_coordinate, drawn, settings)
    return SearchPlots(
        history=_draw(visualization.plot_optimization_history, drawn, settings),
        front=_draw_front(trials, front),
        importances=_draw(visualization.plot_param_importances, drawn, settings),
        slices=_draw(visualization.plot_slice, drawn, settings),
        parallel=parallel.update_layout(_BEHIND_LINES),
    )


def _with_configured(study: Study, trials: pd.DataFrame) -> Study:
    """The study in memory, with the settings of trial 0, which were configured and not drawn.

    Those outside of the search space stay out: Optuna places no value there.
    """
    from optuna import create_study

    first, *others = study.get_trials()[: len(trials)]
    space = {name: space for trial in others for name, space in trial.distributions.items()}
    configured = trials.head(1).to_dict("records")[0]
    for name, dimension in space.items():
        architecture, _, setting = name.rpartition(".")
        value = configured[setting]
        if architecture in ("", configured["architecture"]) and _holds(dimension, value):
            first.distributions = first.distributions | {name: dimension}
            first.params = first.params | {name: value}
    copy = create_study(study_name=f"{study.study_name}, plots", directions=study.directions)
    copy.add_trials([first, *others])
    return copy


def _holds(dimension: BaseDistribution, value: Value) -> bool:
    """Whether a value is there and in its dimension."""
    try:
        return pd.notna(value) and dimension._contains(dimension.to_internal_repr(value))
    except ValueError:  # not one of the choices
        return False


def _draw(plot: Callable[..., Figure], study: Study | None, settings: SearchSettings) -> Figure:
    """One of Optuna's figures, or an empty one that says why there is none."""
    if study is None:
        return _empty("No search was made.")
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
    return figure.update_layout(_LAYOUT, width=None)  # Optuna's own would be cut off on a page


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
        title="L0 and FVU",
    )
    line = Scatter(x=front["l0"], y=front["fvu"], mode="lines", name="front", line={"dash": "dot"})
    first = measured[measured["trial"] == 0]
    ring = {"symbol": "circle-open", "size": 14, "color": "black"}
    configured = Scatter(
        x=first["l0"], y=first["fvu"], mode="markers", name="trial 0, configured", marker=ring
    )
    return figure.add_traces([line, configured]).update_layout(_LAYOUT)


def _empty(why: str) -> Figure:
    from plotly.graph_objects import Figure

    return Figure(layout=_LAYOUT).add_annotation(text=why, showarrow=False)
