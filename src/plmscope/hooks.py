"""What a person sees at the end of `kedro run`: the time of each stage, and what was found."""

from __future__ import annotations

import logging
import resource
import time
from collections import defaultdict

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from plmscope.summary import print_controls, print_summary

logger = logging.getLogger(__name__)


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


class RunReportHook:
    """Times the stages and, when the whole main job has run, prints its summary."""

    def __init__(self) -> None:
        self._clock = StageClock()

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Start afresh: one session may run several times."""
        self._clock = StageClock()

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """A stage begins with its first input."""
        self._clock.enter(_stage_of(node))

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """A stage whose inputs are all in memory begins here."""
        self._clock.enter(_stage_of(node))

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Log the times; print what the main job, or the controls, found if all of it has run."""
        self._clock.enter(None)
        total = sum(self._clock.seconds.values())
        for stage, seconds in self._clock.seconds.items():
            logger.info("%-18s %6.1f s  (%2.0f %%)", stage, seconds, 100 * seconds / total)
        logger.info("%-18s %6.1f s, peak memory %.2f GB", "all stages", total, _peak_memory_gb())
        if {"proteins", "report"} <= pipeline.all_outputs():
            print_summary(catalog)
        if {"full_control_headlines", "planted_report"} <= pipeline.all_outputs():
            print_controls(catalog)


def _stage_of(node: Node) -> str:
    """The pipeline a node is tagged with by the registry."""
    return min(node.tags, default="other")


def _peak_memory_gb() -> float:
    """The largest resident memory of this process so far (`ru_maxrss` counts KiB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
