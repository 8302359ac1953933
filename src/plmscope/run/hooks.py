"""What Kedro calls around a run and its nodes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from plmscope.disk.files import remove_leftovers
from plmscope.disk.object_storage import upload
from plmscope.disk.places import as_path, is_remote, is_url
from plmscope.errors import PlmscopeError, UnwritableError
from plmscope.run.clock import StageClock
from plmscope.run.commands import Start, dashboard_command, lineage_command
from plmscope.run.logs import end_log, write_log
from plmscope.run.manifest import RUNS, RunManifest, command_line, fingerprints, plain
from plmscope.run.peak_memory import peak_since_start_gb
from plmscope.run.summary import REPORTS, print_controls, print_places, print_plan, print_summary

logger = logging.getLogger(__name__)

VOILA = "http://127.0.0.1:8866"


class CheckHook:
    """Refuses what cannot come to a good end, before the run, and before each node."""

    def __init__(self) -> None:
        self._start = Start()
        self._claims: dict[str, dict[str, str]] = {}

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Note how the run was started, which the commands of messages repeat."""
        self._start = _start_of(context)

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Check what is known already, and clear away what killed runs have left."""
        from plmscope.run.checks.before_run import Run, check_before_run  # imports what a run needs
        from plmscope.run.checks.lineage import MAKE_CLAIMS
        from plmscope.run.checks.stale import check_inputs
        from plmscope.run.checks.tables import load_given
        from plmscope.run.checks.unused_settings import check_unused

        check_unused(self._start.params, catalog.load("parameters"), pipeline)
        check_before_run(Run(pipeline, catalog, self._start))
        given = load_given(catalog, sorted(pipeline.inputs() & MAKE_CLAIMS), self._start)
        given = {
            name: data for name, data in given.items() if name not in _optional(catalog, given)
        }
        check_inputs(given, _stage_of(pipeline.nodes[-1]), self._start)
        for name in pipeline.all_outputs() & set(catalog.keys()):
            _clear_away(catalog[name]._describe().get("filepath"))

    @hook_impl
    def before_node_run(
        self, node: Node, catalog: DataCatalog, inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Refuse inputs that were made from different things; leave out stale optional ones."""
        from plmscope.run.checks.stale import check_inputs, leave_out_stale

        emptied = leave_out_stale(inputs, _optional(catalog, inputs))
        self._claims[node.name] = check_inputs(inputs | emptied, _stage_of(node), self._start)
        return emptied

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Note in what is made with an SAE what it was made from."""
        from plmscope.run.checks.lineage import is_made_with_an_sae, stamp

        claims = self._claims.get(node.name, {})
        if is_made_with_an_sae(claims):
            stamp(dataset_name, data, claims)


class UnwritableFolderError(PlmscopeError):
    """A data root into which nothing can be written."""


class ManifestHook:
    """Writes the manifest and the log of each run."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._log_folder: Path | None = None
        self._manifest: RunManifest | None = None
        self._log: logging.FileHandler | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Note where the data of this run is."""
        self._folder = _root(context, "data_root") / RUNS
        self._log_folder = _root(context, "local_root") / RUNS

    @hook_impl(trylast=True)  # a run that is refused leaves nothing
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Say what the run is, what it takes in and that it runs."""
        if self._folder is None or self._log_folder is None:
            return
        path = self._folder / f"{run_params['run_id']}.json"
        started = {
            "command": command_line(run_params),
            "parameters": plain(catalog.load("parameters")),
            "inputs": fingerprints(catalog, pipeline.inputs() & set(catalog.keys())),
        }
        try:
            _clear_away(path)  # what another run left, killed at its manifest
            self._manifest = RunManifest(path, started)
            self._log_folder.mkdir(parents=True, exist_ok=True)
            self._log = write_log(self._log_folder / f"{path.stem}.jsonl")
        except OSError as error:
            raise UnwritableFolderError(
                f"The run cannot write into {self._folder} ({error.strerror}). Name another folder:"
                " --params data_root=<folder>"
            ) from error

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """A node begins with its first input."""
        self._begin(node)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """A node whose inputs are all in memory begins here."""
        self._begin(node)

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """A node whose outputs are all in memory ends here."""
        self._end(node)

    @hook_impl
    def after_dataset_saved(self, node: Node) -> None:
        """A node ends with its last output."""
        self._end(node)

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Say what came of the run."""
        self._finish(None, pipeline, catalog)

    @hook_impl
    def on_pipeline_error(self, error: Exception, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Say why it ended early, and what it had written."""
        self._finish(error, pipeline, catalog)

    def _finish(self, error: Exception | None, pipeline: Pipeline, catalog: DataCatalog) -> None:
        if self._manifest is None or self._log is None:
            return
        ran = self._manifest.costs.seconds
        nodes = [node for node in pipeline.nodes if error is None or node.name in ran]
        written = {name for node in nodes for name in node.outputs}
        outputs = fingerprints(catalog, written & set(catalog.keys()))
        with suppress(UnwritableError) if error else nullcontext():  # why it failed is told already
            self._manifest.finish(error, outputs)
        end_log(self._log)
        if is_remote(self._manifest.path):
            upload(Path(self._log.baseFilename), self._manifest.path.with_suffix(".jsonl"))
        self._manifest, self._log = None, None

    def _begin(self, node: Node) -> None:
        if self._manifest is not None:  # not in a process of Kedro's ParallelRunner
            self._manifest.costs.begin(node.name)

    def _end(self, node: Node) -> None:
        if self._manifest is not None:
            self._manifest.costs.end(node.name)


class RunReportHook:
    """Times the stages, and prints what a run found and where its reports are."""

    def __init__(self) -> None:
        self._clock = StageClock()
        self._commands: dict[str, str] = {}

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Note the commands that show the data of this run, which need not be data/."""
        data_root = _root(context, "data_root")
        dashboard = dashboard_command(data_root, context.project_path)
        lineage = lineage_command(_start_of(context))
        shown = {} if is_remote(data_root) else {"Dashboard": f"{dashboard}, then {VOILA}"}
        self._commands = shown | {"Lineage": f"{lineage}, then http://127.0.0.1:4141"}

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
        """Log the times; print what was found, if all that tells it has run, and where to look."""
        self._clock.enter(None)
        total = sum(self._clock.seconds.values())
        for stage, seconds in self._clock.seconds.items():
            logger.info("%-18s %6.1f s  (%2.0f %%)", stage, seconds, 100 * seconds / total)
        peak = peak_since_start_gb()
        logger.info("%-18s %6.1f s, peak memory %.2f GB", "all stages", total, peak)
        written = pipeline.all_outputs()
        if {"proteins", "report"} <= written:
            print_summary(catalog)
        if {"full_control_headlines", "planted_report"} <= written:
            print_controls(catalog)
        if "run_plan" in written:
            print_plan(catalog)
        if written & set(REPORTS):
            print_places(catalog, written, self._commands)


def _optional(catalog: DataCatalog, names: Iterable[str]) -> set[str]:
    """The datasets that there need not be."""
    from plmscope.datasets.files.table import OptionalTableDataset

    return {name for name in names if isinstance(catalog.get(name), OptionalTableDataset)}


def _root(context: KedroContext, name: str) -> Path:
    """The folder or URL that a global names."""
    place = str(context.config_loader["globals"][name])
    return as_path(place) if is_url(place) else Path(context.project_path / place)


def _start_of(context: KedroContext) -> Start:
    return Start(context.env, context.config_loader.runtime_params or {})


def _clear_away(path: object) -> None:
    """Remove the leftovers of killed runs beside a file, and in its older versions."""
    if path is not None and not is_url(str(path)):
        file = Path(str(path))
        remove_leftovers(file.parent.glob(".*.tmp"))
        remove_leftovers(file.glob("*/.*.tmp"))


def _stage_of(node: Node) -> str:
    """The pipeline a node is tagged with by the registry."""
    return min(node.tags, default="other")
