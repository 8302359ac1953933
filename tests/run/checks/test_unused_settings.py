"""What the command line names is checked, whether or not a node of the run takes it."""

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from plmscope.run.checks.unused_settings import UnusedSettingError


@pytest.fixture
def run(project, tmp_path, monkeypatch):
    """Run ingestion with settings from the command line."""
    monkeypatch.setenv("PLMSCOPE_TEST_ROOT", str(tmp_path))
    bootstrap_project(project)

    def run(**settings):
        with KedroSession.create(project, env="test", runtime_params=settings) as session:
            session.run(pipeline_names=["ingestion"])

    return run


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"training": {"n_stepz": 5}},
            r"--params: training\.n_stepz: There is no such setting\. Did you mean n_steps\?",
        ),
        ({"training": 5}, "--params: training"),
        ({"search": {"n_trials": "many"}}, "--params: search.n_trials: .*integer"),
        ({"sae": {"architecture": "tokp"}}, "--params: sae.*tokp"),
    ],
)
def test_what_is_wrong_is_told_although_ingestion_takes_none_of_it(run, tmp_path, settings, told):
    """Regression: it was accepted, and only a later run told."""
    with pytest.raises(UnusedSettingError, match=told):
        run(**settings)
    assert list(tmp_path.iterdir()) == []


def test_what_is_right_is_taken(run, tmp_path):
    run(training={"n_steps": 7}, layer=1)
    assert list(tmp_path.iterdir()) != []
