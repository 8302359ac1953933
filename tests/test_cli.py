"""`kedro keep-newest`, on the versions of a run."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from plmscope.cli import cli

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
