"""What every test of the whole project needs."""

import os
from pathlib import Path

import pytest

os.environ["KEDRO_DISABLE_TELEMETRY"] = "1"

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root folder."""
    return PROJECT


@pytest.fixture(scope="session")
def kedro_run(project):
    """Run pipelines, or the main job, of the test environment under a root, in this process."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    def run(root, pipelines=None, **parameters):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
            bootstrap_project(project)
            with KedroSession.create(project, env="test", runtime_params=parameters) as session:
                session.run(pipeline_names=pipelines)

    return run
