"""A sequence with several features and annotations on one axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from plmscope.features import ACTIVATION_COLOURS


class Tracks(anywidget.AnyWidget):
    """Features as bars, annotations as spans below; zoomed and hovered in the browser.

    Attributes:
        sequence: One letter a residue.
        lanes: The features: name, and values as [position, activation].
        tracks: The annotations: name, colour, and spans as [start, end].
        colours: Of activations, light to dark over the fixed scale 0 to 1.
        hovered: The residue under the pointer, 0 for none.
    """

    _esm = Path(__file__).with_name("tracks.js")

    sequence = traitlets.Unicode("").tag(sync=True)
    lanes: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    tracks: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    colours: traitlets.List[str] = traitlets.List(list(ACTIVATION_COLOURS)).tag(sync=True)
    hovered = traitlets.Int(0).tag(sync=True)
