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
_CALLED = {"beside": "run", "beside_feature": "feature"}


class Place(NamedTuple):
    """What an address says; None what it does not.

    Attributes:
        run: Of those that there are.
        view: Its name.
        feature: Its number.
        protein: An accession or a sequence.
        beside: Another run, on the other half of the page.
        beside_feature: The feature there.
        unknown: What of it there is not, in words; "" where all is well.
    """

    run: Run | None
    view: str | None
    feature: int | None
    protein: str | None
    beside: Run | None
    beside_feature: int | None
    unknown: str


def compose(selection: Selection, beside: Selection | None = None) -> str:
    """The address of what is on screen: "?run=tiny/2/default&view=feature&feature=7".

    Args:
        selection: What is looked at.
        beside: The same of the other run, if there is one.
    """
    said = {
        "run": selection.data.run.key,
        "view": selection.view,
        "feature": str(selection.feature),
    }
    if selection.protein and len(selection.protein) <= _LONGEST_PROTEIN:
        said["protein"] = selection.protein
    if beside is not None:
        said |= {"beside": beside.data.run.key, "beside_feature": str(beside.feature)}
    return f"?{urlencode(said, safe='/:')}"


def parse(address: str, runs: Sequence[Run]) -> Place:
    """Read an address, whoever wrote it.

    Args:
        address: From the "?" on.
        runs: Those that there are.
    """
    said = {name: values[-1] for name, values in parse_qs(address.lstrip("?")).items()}
    by_key = {run.key: run for run in runs}
    run, beside = (by_key.get(said.get(name, "")) for name in ("run", "beside"))
    view = said.get("view")
    numbers = {name: _number(said.get(name, "")) for name in ("feature", "beside_feature")}
    known = {
        "run": run is not None,
        "beside": beside is not None,
        "view": view in VIEWS,
        **{name: number is not None for name, number in numbers.items()},
    }
    unknown = [
        f"There is no {_CALLED.get(name, name)} {said[name][:80]}."
        for name, is_known in known.items()
        if name in said and not is_known
    ]
    return Place(
        run,
        view if view in VIEWS else None,
        numbers["feature"],
        said.get("protein"),
        beside,
        numbers["beside_feature"],
        " ".join(unknown),
    )


def _number(text: str) -> int | None:
    is_number = text.isdecimal() and text.isascii() and len(text) < _MOST_DIGITS
    return int(text) if is_number else None
