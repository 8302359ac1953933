"""The commands that messages name are about the same data."""

import shlex
from pathlib import Path

import pytest

from plmscope.run.commands import Start, command_for, dashboard_command, lineage_command


class TestStart:
    @pytest.mark.parametrize("environment", [None, "base", "local"])
    def test_without_anything_given_needs_no_option(self, environment):
        assert Start(environment).options == ""

    def test_repeats_environment_and_globals(self):
        """Regression: a run with `--params layer=3` was told the command for another layer."""
        params = {"layer": 3, "corpus_fasta": None, "training": {"n_steps": 5}}
        assert command_for(["embedding", "sae_training"], Start("test", params)) == (
            "kedro run --env test --params layer=3,corpus_fasta=null"
            " --pipelines embedding,sae_training"
        )

    def test_quotes_for_the_shell(self):
        words = shlex.split(command_for(["embedding"], Start(None, {"data_root": "my data/$x"})))
        assert words[2:4] == ["--params", "data_root=my data/$x"]


class TestDashboard:
    def test_of_the_usual_folder(self):
        assert dashboard_command(Path("/p/data"), Path("/p")) == "make dashboard"

    def test_of_another_one(self):
        """Regression: `make dashboard` was printed after runs that it does not show."""
        command = dashboard_command(Path("/my runs"), Path("/p"))
        assert command == "PLMSCOPE_DATA_ROOT='/my runs' make dashboard"


class TestLineage:
    def test_of_the_usual_run(self):
        assert lineage_command(Start()) == "make viz"

    def test_of_an_environment(self):
        assert lineage_command(Start("test", {"layer": 1})) == (
            "kedro viz run --env test --params layer=1"
        )
