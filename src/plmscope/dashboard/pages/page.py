"""What the views of the dashboard have in common."""

from __future__ import annotations

import base64
from html import escape
from typing import Protocol

import ipywidgets as widgets
import pandas as pd

from plmscope.dashboard.data.run import COMMANDS
from plmscope.disk.csv import as_csv


class Page(Protocol):
    """A view: drawn when it is shown, not before."""

    widget: widgets.Widget

    def show(self) -> None:
        """Draw what the selection says; called when the view is opened, or is open and the
        selection has changed.
        """


def empty(text: str) -> str:
    """A line that stands where there is nothing to show; the text is HTML."""
    return f"<p class='plmscope-empty'>{text}</p>"


def not_made(what: str, dataset: str) -> str:
    """Says that a run lacks something, and which command makes it."""
    command = COMMANDS.get(dataset, "kedro run")
    return empty(f"{escape(what)} Make it with <code>{command}</code>, then reload the page.")


def download_link(table: pd.DataFrame, name: str) -> str:
    """A link that holds a table itself, as comma-separated text.

    Args:
        table: What is saved.
        name: Of the file, without its ending, and of the link.
    """
    content = base64.b64encode(as_csv(table).encode()).decode()
    return f"<a download='{name}.csv' href='data:text/csv;base64,{content}'>{name}</a>"


def label(text: str) -> widgets.HTML:
    """The heading of a control."""
    return widgets.HTML(f"<div class='plmscope-label'>{text}</div>")
