"""What Kedro calls around a run and its nodes."""

from __future__ import annotations

import logging
import resource
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from plmscope.files import remove_leftovers
from plmscope.run.clock import StageClock
from plmscope.summary import print_controls, print_summary

logger = logging.getLogger(__name__)


class CheckHook:
    """Refuses what cannot come to a good end, before the run, and before each node."""

    def __init__(self) -> None:
        self._environment: str | None = None
        self._claims: dict[str, dict[str, str]] = {}

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Note the environment, which the commands of messages name."""
        self._environment = context.env

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Check what is known already, and clear away what killed runs have left."""
        from plmscope.run.before_run import Run, check_before_run  # imports what a run needs
        from plmscope.run.lineage import MAKE_CLAIMS
        from plmscope.run.stale import check_inputs
        from plmscope.run.unused_settings import check_unused

        named = run_params.get("runtime_params") or {}
        check_unused(named, catalog.load("parameters"), pipeline)
        check_before_run(Run(pipeline, catalog, self._environment))
        given = {name: catalog.load(name) for name in sorted(pipeline.inputs() & MAKE_CLAIMS)}
        check_inputs(given, _stage_of(pipeline.nodes[-1]), self._environment)
        for name in pipeline.all_outputs() & set(catalog.keys()):
            _clear_away(catalog[name]._describe().get("filepath"))

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        """Refuse inputs that were made from different things."""
        from plmscope.run.stale import check_inputs

        self._claims[node.name] = check_inputs(inputs, _stage_of(node), self._environment)

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Note in what is made with an SAE what it was made from."""
        from plmscope.run.lineage import is_made_with_an_sae, stamp

        claims = self._claims.get(node.name, {})
        if is_made_with_an_sae(claims):
            stamp(dataset_name, data, claims)


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


def _clear_away(path: object) -> None:
    """Remove the leftovers of killed runs beside a file, and in its older versions."""
    if path is not None:
        file = Path(str(path))
        remove_leftovers(file.parent.glob(".*.tmp"))
        remove_leftovers(file.glob("*/.*.tmp"))


def _stage_of(node: Node) -> str:
    """The pipeline a node is tagged with by the registry."""
    return min(node.tags, default="other")


def _peak_memory_gb() -> float:
    """The largest resident memory of this process so far (`ru_maxrss` counts KiB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
