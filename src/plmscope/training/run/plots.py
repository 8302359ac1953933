"""The training history as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PANELS = {
    "loss": "Loss",
    "l0": "L0 (features per residue)",
    "dead_fraction": "Fraction of dead features",
}


def empty_history() -> pd.DataFrame:
    """The history of an SAE that was not trained here."""
    whole = dict.fromkeys(("step", "n_residues", "epoch"), "int64")
    metrics = ("loss", *PANELS, "fvu", "gradient_norm", "residues_per_second")
    types = whole | dict.fromkeys(metrics, "float64")
    return pd.DataFrame(columns=list(types)).astype(types)


def plot_history(history: pd.DataFrame) -> Figure:
    """Plot loss, L0 and dead fraction against the step number.

    Args:
        history: As `train_sae` returns it.

    Returns:
        Three panels, one below the other.
    """
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=len(PANELS), cols=1, shared_xaxes=True, vertical_spacing=0.05)
    for row, (column, title) in enumerate(PANELS.items(), start=1):
        figure.add_trace(Scatter(x=history["step"], y=history[column], name=title), row=row, col=1)
        figure.update_yaxes(title_text=title, row=row, col=1)
    figure.update_xaxes(title_text="Step", row=len(PANELS), col=1)
    return figure.update_layout(
        title="SAE training", showlegend=False, height=250 * len(PANELS), template="plotly_white"
    )
