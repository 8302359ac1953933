"""What runs took, from their manifests: `kedro show-runs`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from plmscope.disk.files import read_sealed_json


def costs_table(manifests: Sequence[Path]) -> Table:
    """Minutes and memory of each stage, and of the nodes that took most of it.

    Args:
        manifests: As runs leave them under `08_reporting/runs`, of one job or of several that
            followed each other.

    Raises:
        DamagedFileError: One is no manifest.
    """
    table = Table("stage", "node", "minutes", "peak memory, GB")
    total, highest = 0.0, 0.0
    for path in manifests:
        manifest = read_sealed_json(path, "Name a manifest, such as 08_reporting/runs/….json.")
        of_stage: dict[str, dict[str, dict[str, float]]] = {}
        for name, costs in manifest.get("nodes", {}).items():
            stage, _, node = name.rpartition(".")
            of_stage.setdefault(stage, {})[node] = costs
        for stage, nodes in of_stage.items():
            seconds = sum(costs["seconds"] for costs in nodes.values())
            peak = max(costs["peak_memory_gb"] for costs in nodes.values())
            table.add_section()
            table.add_row(stage, "", *_shown(seconds, peak))
            for node, costs in sorted(nodes.items(), key=_seconds, reverse=True):
                if costs["seconds"] >= seconds / 20:
                    table.add_row("", node, *_shown(costs["seconds"], costs["peak_memory_gb"]))
            total, highest = total + seconds, max(highest, peak)
    table.add_section()
    table.add_row("in all", "", *_shown(total, highest))
    table.caption = "Nodes that took less than a twentieth of their stage are only in its sum."
    return table


def _seconds(node: tuple[str, dict[str, Any]]) -> float:
    return float(node[1]["seconds"])


def _shown(seconds: float, peak_gb: float) -> tuple[str, str]:
    return f"{seconds / 60:.1f}", f"{peak_gb:.1f}"
