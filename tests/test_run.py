"""The whole main job on tiny data, as a user starts it."""

import os
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

    def test_leaves_no_temporary_file(self, finished_run):
        root, _ = finished_run
        assert list(root.rglob("*.tmp")) == []
