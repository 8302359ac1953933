"""`kedro keep-newest`, on the versions of a run, and `kedro show-runs`, on their manifests."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from plmscope.cli import cli
from plmscope.disk.files import write_sealed_json

VERSIONS = ["2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z", "2026-01-03T00.00.00.000Z"]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """The report of a run of the test environment, in three versions."""
    path = tmp_path / "08_reporting/tiny/layer_2/default/report.html"
    for version in VERSIONS:
        (path / version).mkdir(parents=True)
        (path / version / path.name).write_text(version)
    return path


@pytest.fixture
def kedro(project, tmp_path, monkeypatch):
    monkeypatch.chdir(project)
    bootstrap_project(project)

    def call(*arguments: str):
        given = ["--env", "test", "--params", f"data_root={tmp_path}"]
        return CliRunner().invoke(cli, [*arguments, *given])

    return call


class TestKeepNewest:
    def test_removes_the_versions_before(self, kedro, report):
        done = kedro("keep-newest", "2")
        assert done.exit_code == 0
        assert f"report: {VERSIONS[0]} removed" in done.output
        assert sorted(path.name for path in report.iterdir()) == VERSIONS[1:]

    def test_leaves_other_saes_alone(self, kedro, report):
        other = report.parent.with_name("wider")
        report.parent.rename(other)
        assert "0 versions removed" in kedro("keep-newest", "1").output
        assert len(list((other / report.name).iterdir())) == 3

    @pytest.mark.parametrize("n", ["0", "-1", "x"])
    def test_refuses_to_keep_none(self, kedro, report, n):
        assert kedro("keep-newest", "--", n).exit_code != 0
        assert len(list(report.iterdir())) == 3


class TestShowRuns:
    @pytest.fixture
    def manifest(self, tmp_path):
        def write(name, nodes):
            costs = {
                node: {"seconds": seconds, "peak_memory_gb": peak}
                for node, (seconds, peak) in nodes.items()
            }
            write_sealed_json(tmp_path / name, {"status": "finished", "nodes": costs})
            return str(tmp_path / name)

        return write

    def test_adds_up_stages_and_runs(self, manifest):
        one = manifest("1.json", {"embedding.embed": (120, 1.5), "ingestion.split": (1, 0.2)})
        two = manifest("2.json", {"sae_training.train": (240, 2.5), "sae_training.plot": (3, 0.2)})
        shown = CliRunner().invoke(cli, ["show-runs", one, two]).output
        rows = [line.split() for line in shown.splitlines()]
        assert ["│", "embedding", "│", "│", "2.0", "│", "1.5", "│"] in rows
        assert ["│", "│", "train", "│", "4.0", "│", "2.5", "│"] in rows
        assert ["│", "in", "all", "│", "│", "6.1", "│", "2.5", "│"] in rows
        assert "plot" not in shown

    def test_what_is_no_manifest_is_told(self, tmp_path):
        (tmp_path / "x.json").write_text("{}")
        for name in ("x.json", "none.json"):
            done = CliRunner().invoke(cli, ["show-runs", str(tmp_path / name)])
            assert done.exit_code == 1
            assert name in done.output
