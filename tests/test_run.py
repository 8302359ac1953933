"""The whole main job on tiny data, as a user starts it."""

import json
import os
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def finished_run(project, tmp_path_factory):
    """`kedro run --env test` in a process of its own."""
    root = tmp_path_factory.mktemp("run")
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--env", "test"],
        cwd=project,
        env=os.environ | {"PLMSCOPE_TEST_ROOT": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root, done.stdout + done.stderr


class TestMainJob:
    def test_writes_every_stage(self, finished_run):
        root, _ = finished_run
        for pattern in (
            "**/proteins.parquet",
            "**/manifest.json",
            "**/sae.safetensors",
            "**/pair_scores.parquet",
            "**/report.html",
        ):
            assert list(root.glob(pattern)), pattern

    def test_ends_with_a_summary(self, finished_run):
        _, output = finished_run
        assert "all stages" in output
        assert "Where to look" in output

    def test_logs_a_line_for_each_record_where_there_is_no_terminal(self, finished_run):
        """Regression: thousands of lines of progress bars, and tables wrapped at 80 columns."""
        _, output = finished_run
        assert "\r" not in output
        assert "\x1b" not in output
        logged = [line for line in output.splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]
        others = [line for line in output.splitlines() if line not in logged]
        tables = ("What was done", "The 10 feature", "F1 is given", "Where to look")
        assert all(line[0] in "┌│└┏┃┡├" or line.startswith(tables) for line in others)
        assert len(logged) < 150

    def test_leaves_no_temporary_file(self, finished_run):
        root, _ = finished_run
        assert list(root.rglob("*.tmp")) == []


OPEN_EVERY_PREVIEW = """
import json, sys
from pathlib import Path
from fastapi.testclient import TestClient
from kedro_viz.api.apps import create_api_app_from_project
from kedro_viz.server import load_and_populate_data

load_and_populate_data(Path.cwd(), env="test")
viz = TestClient(create_api_app_from_project(Path.cwd()), raise_server_exceptions=False)
nodes = viz.get("/api/main").json()["nodes"]
answers = {node["name"]: viz.get(f"/api/nodes/{node['id']}") for node in nodes}
found = {name: a.json().get("preview") if a.is_success else "failed" for name, a in answers.items()}
Path(sys.argv[1]).write_text(json.dumps(found))
"""


class TestLineage:
    @pytest.fixture(scope="class")
    def previews(self, finished_run, project, tmp_path_factory):
        """What kedro-viz shows of each box of a finished run, in a process of its own."""
        out = tmp_path_factory.mktemp("viz") / "previews.json"
        subprocess.run(
            [sys.executable, "-c", OPEN_EVERY_PREVIEW, str(out)],
            cwd=project,
            env=os.environ | {"PLMSCOPE_TEST_ROOT": str(finished_run[0])},
            check=True,
        )
        return json.loads(out.read_text())

    def test_every_preview_opens(self, previews):
        """Regression: two datasets with lists in them answered HTTP 500."""
        assert [name for name, preview in previews.items() if preview == "failed"] == []
        shown = {name for name, preview in previews.items() if preview}
        assert {"feature_statistics", "feature_examples", "proteins", "control_plot"} <= shown

    def test_lists_are_shown_as_short_text(self, previews):
        table = previews["feature_statistics"]
        histogram = table["data"][0][table["columns"].index("histogram")]
        assert histogram.startswith("[")
        assert len(histogram) < 200


class TestFromASubfolder:
    def test_a_record_is_one_line_too(self, project):
        """Regression: Kedro's own handler wrapped it at 80 columns."""
        script = (
            "import logging, sys; from pathlib import Path;"
            "from kedro.framework.startup import bootstrap_project;"
            "bootstrap_project(Path(sys.argv[1]));"
            "logging.getLogger('plmscope').info('word ' * 60)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(project)],
            cwd=project / "docs",
            capture_output=True,
            text=True,
            check=True,
        )
        assert ("word " * 60).strip() in (done.stdout + done.stderr).splitlines()[-1]
