"""What passes between the page as a whole and its kernel."""

from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets


class Connection(anywidget.AnyWidget):
    """Invisible, but while the kernel works, which it says, and once it is lost.

    Then a bar says so and offers to reload the page.

    Attributes:
        opened: Whether a browser shows the page, set by the browser.
        address: What is behind the "?" in the browser's address, and the "?". The browser sets it
            when the page opens, and when one goes back or forward; what Python sets is put into the
            browser's history.
    """

    _esm = Path(__file__).with_name("connection.js")

    opened = traitlets.Bool(False).tag(sync=True)
    address = traitlets.Unicode("").tag(sync=True)

    def on_open(self, react: Callable[[], None]) -> None:
        """Call `react` once a browser shows the page."""
        self.observe(lambda _: react(), names="opened")
