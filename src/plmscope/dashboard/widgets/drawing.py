"""A drawing whose features can be clicked."""

from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets


class FeatureDrawing(anywidget.AnyWidget):
    """An SVG; a click on an element with `data-feature` chooses that feature.

    Attributes:
        svg: Drawn by our own code: data in it is escaped.
        zoomable: Whether it can be zoomed, and moved about.
        clicked: Feature and time of the last click, set by the browser.
    """

    _esm = Path(__file__).with_name("drawing.js")

    svg = traitlets.Unicode().tag(sync=True)
    zoomable = traitlets.Bool(False).tag(sync=True)
    clicked: traitlets.List[int] = traitlets.List().tag(sync=True)

    def on_choice(self, react: Callable[[int], None]) -> None:
        """Call `react` with the feature of each element clicked."""
        self.observe(lambda change: react(change["new"][0]), names="clicked")
