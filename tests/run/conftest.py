"""Runs of the whole project on tiny data, in this process."""

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project


@pytest.fixture(scope="session")
def kedro_run(project):
    """Run pipelines, or the main job, of the test environment under a root."""

    def run(root, pipelines=None, **parameters):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
            bootstrap_project(project)
            with KedroSession.create(project, env="test", runtime_params=parameters) as session:
                session.run(pipeline_names=pipelines)

    return run
