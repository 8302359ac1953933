"""Wiring: a query, or the address of a release file -> files in 01_raw."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.download.nodes import name_download


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Needs a network, and is no part of the main job: `kedro run --pipelines download`."""
    return Pipeline(
        [Node(name_download, "params:download", "uniprot_download", name="name_download")]
    )
