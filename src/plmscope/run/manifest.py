"""The manifest of a run: what it was made from, what it wrote, what it took.

Each run writes two files under `<data_root>/08_reporting/runs`, named after its session: the
manifest, `<session>.json`, and its log with a JSON object a line, `<session>.jsonl`. A run that was
killed leaves a manifest that says "running".
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from kedro.io import AbstractVersionedDataset, DataCatalog, DatasetError

from plmscope.disk.files import sha256_of_file, sha256_of_json, write_sealed_json
from plmscope.disk.object_storage import FILES, digests_of
from plmscope.disk.places import as_path, is_remote
from plmscope.disk.versions import is_whole
from plmscope.run.peak_memory import peak_gb, restart_peak

RUNS = "08_reporting/runs"


@dataclass
class NodeCosts:
    """What each node took, from its first input's loading to its last output's saving."""

    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory_gb: dict[str, float] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)

    def begin(self, node: str) -> None:
        """A node loads, or runs; the first time it is called counts."""
        if node not in self._begun:
            self._begun[node] = time.perf_counter()
            restart_peak()

    def end(self, node: str) -> None:
        """A node has run, or saved; the last time it is called counts."""
        self.seconds[node] = round(time.perf_counter() - self._begun[node], 3)
        self.peak_memory_gb[node] = round(peak_gb(), 3)


class RunManifest:
    """Written when a run begins, and again when it ends.

    Args:
        path: Where.
        started: What is known at the start: command, parameters, inputs.
    """

    def __init__(self, path: Path, started: Mapping[str, Any]) -> None:
        self.path = path
        self._content = {
            "status": "running",
            "started": _now(),
            **started,
            "code": code_version(),
            "machine": describe_machine(),
        }
        self.costs = NodeCosts()
        write_sealed_json(path, self._content)

    def finish(self, error: Exception | None, outputs: Mapping[str, Any]) -> None:
        """Add what came of the run.

        Args:
            error: Why it ended early; None if it did not.
            outputs: `fingerprints` of what it wrote.
        """
        nodes = {
            node: {"seconds": seconds, "peak_memory_gb": self.costs.peak_memory_gb[node]}
            for node, seconds in self.costs.seconds.items()
        }
        ended = {
            "status": "failed" if error else "finished",
            "ended": _now(),
            "error": f"{type(error).__name__}: {error}" if error else None,
            "nodes": nodes,
            "outputs": dict(outputs),
        }
        write_sealed_json(self.path, self._content | ended)


def command_line(run_params: Mapping[str, Any]) -> str:
    """The command that a run was started by, or would be.

    Args:
        run_params: As Kedro gives them to its hooks.
    """
    given = ",".join(f"{name}={value}" for name, value in _flat(run_params["runtime_params"] or {}))
    options = {
        "--env": run_params["env"],
        "--pipelines": ",".join(run_params["pipeline_names"] or []),
        "--nodes": ",".join(run_params["node_names"] or []),
        "--from-nodes": ",".join(run_params["from_nodes"] or []),
        "--to-nodes": ",".join(run_params["to_nodes"] or []),
        "--from-inputs": ",".join(run_params["from_inputs"] or []),
        "--to-outputs": ",".join(run_params["to_outputs"] or []),
        "--params": given,
    }
    words = [word for option, value in options.items() if value for word in (option, value)]
    return shlex.join(["kedro", "run", *words])


def plain(parameters: Mapping[str, Any]) -> Any:
    """Parameters as JSON holds them; their groups have been validated and are models."""
    return json.loads(json.dumps(parameters, default=lambda group: group.model_dump(mode="json")))


def fingerprints(catalog: DataCatalog, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Where datasets lie and the sha256 of what lies there, of those that are on a disk.

    A store of activations is told by its manifest, which has the sha256 of each shard; a folder by
    the names and the sha256 of its files.
    """
    found = {}
    for name in sorted(names):
        path = _path_of(catalog, name)
        if path is not None and is_whole(path):
            found[name] = {"path": str(path), "sha256": _sha256_of(path)}
    return found


def code_version() -> dict[str, Any]:
    """The commit, whether files differ from it, and the version of every package."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "is_changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        "packages": _packages(),
    }


@cache
def _packages() -> dict[str, str]:
    """Their versions, which do not change under a process."""
    installed = importlib.metadata.distributions()
    return dict(sorted((each.metadata["Name"], each.version) for each in installed))


def describe_machine() -> dict[str, Any]:
    """Cores that may be used, memory, system, and the GPUs if torch has been loaded."""
    torch = sys.modules.get("torch")
    n_gpus = torch.cuda.device_count() if torch else 0
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "gpus": [torch.cuda.get_device_name(number) for number in range(n_gpus)] if torch else [],
    }


def _path_of(catalog: DataCatalog, name: str) -> Path | None:
    # With torch, which a command that runs nothing need not wait for.
    from plmscope.activations.store.manifest import MANIFEST, ActivationStoreError, current_store
    from plmscope.datasets.activation_store import ActivationStoreDataset

    dataset = catalog.get(name)
    if isinstance(dataset, ActivationStoreDataset):
        described = dataset._describe()
        try:
            return current_store(as_path(described["path"]), described["layer"]) / MANIFEST
        except ActivationStoreError:
            return None
    if isinstance(dataset, AbstractVersionedDataset) and dataset._version is not None:
        try:
            return as_path(str(dataset._get_load_path()))
        except DatasetError:  # there is no version yet
            return None
    path = dataset._describe().get("filepath") if dataset is not None else None
    return as_path(str(path)) if path else None


def _sha256_of(path: Path) -> str:
    if is_remote(path) and (path / FILES).exists():
        return sha256_of_json(sorted([name, digest] for name, digest in digests_of(path).items()))
    if path.is_file():
        return sha256_of_file(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return sha256_of_json(
        [[file.relative_to(path).as_posix(), sha256_of_file(file)] for file in files]
    )


def _flat(params: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Nested parameters as `--params` takes them."""
    flat = []
    for name, value in params.items():
        if isinstance(value, Mapping):
            flat += _flat(value, f"{before}{name}.")
        else:
            said = value if isinstance(value, str) else json.dumps(value)
            flat.append((f"{before}{name}", said))
    return flat


def _git(*arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run(
        [git, "-C", str(Path(__file__).parent), *arguments], capture_output=True, text=True
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
