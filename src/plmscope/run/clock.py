"""How long each stage of a run takes."""

from __future__ import annotations

import time
from collections import defaultdict


class StageClock:
    """Adds up the wall-clock seconds of each stage.

    A stage's time runs from the loading of its first input to the saving of its last output, so
    that work done while a dataset is saved (embedding) counts too.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stage: str | None = None
        self._since = 0.0

    def enter(self, stage: str | None) -> None:
        """Stop the clock of the stage at hand and start that of `stage` (None: stop only)."""
        if stage == self._stage:
            return
        now = time.perf_counter()
        if self._stage is not None:
            self.seconds[self._stage] += now - self._since
        self._stage, self._since = stage, now
