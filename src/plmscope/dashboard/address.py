"""The address of a page: which run, view, feature and protein are on screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from plmscope.dashboard.data.run import Run
from plmscope.dashboard.state import VIEWS, Selection

_LONGEST_PROTEIN = 1000
"""Characters of a sequence that an address holds."""
_MOST_DIGITS = 10


class Place(NamedTuple):
    """What an address says; None what it does not.

    Attributes:
        run: Of those that there are.
        view: Its name.
        feature: Its number.
        protein: An accession or a sequence.
        unknown: What of it there is not, in words; "" where all is well.
    """

    run: Run | None
    view: str | None
    feature: int | None
    protein: str | None
    unknown: str


def compose(selection: Selection) -> str:
    """The address of what is on screen: "?run=tiny/2/default&view=feature&feature=7"."""
    said = {
        "run": selection.data.run.key,
        "view": selection.view,
        "feature": str(selection.feature),
    }
    if selection.protein and len(selection.protein) <= _LONGEST_PROTEIN:
        said["protein"] = selection.protein
    return f"?{urlencode(said, safe='/:')}"


def parse(address: str, runs: Sequence[Run]) -> Place:
    """Read an address, whoever wrote it.

    Args:
        address: From the "?" on.
        runs: Those that there are.
    """
    said = {name: values[-1] for name, values in parse_qs(address.lstrip("?")).items()}
    run = next((run for run in runs if run.key == said.get("run")), None)
    view = said.get("view")
    feature = said.get("feature", "")
    is_number = feature.isdecimal() and feature.isascii() and len(feature) < _MOST_DIGITS
    known = {"run": run is not None, "view": view in VIEWS, "feature": is_number}
    unknown = [
        f"There is no {name} {said[name][:80]}."
        for name, is_known in known.items()
        if name in said and not is_known
    ]
    number = int(feature) if is_number else None
    return Place(
        run, view if view in VIEWS else None, number, said.get("protein"), " ".join(unknown)
    )
