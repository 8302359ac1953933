"""The pipeline as it is run: without an endpoint it stops with a sentence, and sends nothing."""

import pytest

from plmscope.features.descriptions.llm.endpoint import EndpointError
from plmscope.features.descriptions.llm.settings import LLMSettings
from plmscope.features.settings import ReportingSettings
from plmscope.pipelines.llm_descriptions import create_pipeline
from plmscope.pipelines.llm_descriptions.nodes import sample_proteins


class TestPipeline:
    def test_takes_what_the_main_job_makes(self):
        assert create_pipeline().inputs() == {
            "activations", "sae", "proteins", "feature_statistics", "llm_answers", "params:llm",
            "params:reporting",
        }  # fmt: skip
        assert create_pipeline().all_outputs() == {"llm_proteins", "llm_descriptions"}

    def test_is_no_part_of_the_main_job(self, project):
        from kedro.framework.project import pipelines
        from kedro.framework.startup import bootstrap_project

        bootstrap_project(project)
        assert "llm_descriptions" not in {node.namespace for node in pipelines["__default__"].nodes}

    def test_computes_and_sends_nothing_unless_told_where(self):
        """Regression: proteins were chosen for a minute before anybody missed the address."""
        with pytest.raises(EndpointError, match=r"llm.endpoint and llm.model"):
            sample_proteins(None, None, None, None, LLMSettings(), ReportingSettings())
