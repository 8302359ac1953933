"""What the dashboard is looking at."""

from __future__ import annotations

import traitlets

from plmscope.dashboard.data.run import DashboardData

VIEWS = {
    "overview": "Overview",
    "find": "Find",
    "feature": "Feature",
    "protein": "Protein",
    "missing": "Missing annotations",
    "controls": "Controls",
    "search": "Search",
}
"""Titles of the views by the name they have in an address."""


class Selection(traitlets.HasTraits):
    """The run, the view, the feature and the protein on screen; views observe it and redraw.

    Attributes:
        data: The tables of the run.
        view: Of `VIEWS`.
        feature: Its number.
        protein: What was asked about: an accession, or a sequence.
    """

    data = traitlets.Instance(DashboardData)
    view = traitlets.Enum(list(VIEWS), "feature")
    feature = traitlets.Int(0)
    protein = traitlets.Unicode("")

    def open_feature(self, feature: int) -> None:
        """Show a feature, also if it is the one that was shown last."""
        with self.hold_trait_notifications():
            self.feature, self.view = feature, "feature"

    def open_protein(self, protein: str) -> None:
        """Ask about a protein."""
        with self.hold_trait_notifications():
            self.protein, self.view = protein, "protein"
