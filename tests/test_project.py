"""The project as Kedro sees it: every dataset catalogued, layers in order, settings checked."""

import os
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.validation.exceptions import ParameterValidationError
from kedro_viz.api.apps import create_api_app_from_project
from kedro_viz.server import load_and_populate_data

from plmscope.errors import PlmscopeError
from plmscope.pipeline_registry import MAIN_JOB
from plmscope.training import RunSettings, check_search

ENVIRONMENTS = ["base", "test", "esm2_8m", "esm2_650m", "human", "slurm"]
LAYERS = [
    "raw",
    "intermediate",
    "primary",
    "feature",
    "model_input",
    "models",
    "model_output",
    "reporting",
]


@pytest.fixture(scope="module", autouse=True)
def _bootstrapped(project, tmp_path_factory):
    os.environ["PLMSCOPE_TEST_ROOT"] = str(tmp_path_factory.mktemp("data"))
    bootstrap_project(project)


@pytest.fixture(scope="module")
def viz_graph(project):
    """What kedro-viz's page asks for: `/api/main`."""
    load_and_populate_data(project, env="test")
    return TestClient(create_api_app_from_project(project)).get("/api/main").json()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
class TestEnvironments:
    def test_every_dataset_is_in_the_catalog(self, project, environment):
        with KedroSession.create(project, env=environment) as session:
            catalog = session.load_context().catalog
        used = {name for pipeline in pipelines.values() for name in pipeline.datasets()}
        uncatalogued = {
            name
            for name in used
            if name not in catalog and not name.startswith("params:") and name != "parameters"
        }
        assert uncatalogued == set()

    def test_every_layer_has_an_allowed_name(self, project, environment):
        with KedroSession.create(project, env=environment) as session:
            catalog = session.load_context().config_loader["catalog"]
        layers = {
            name: entry.get("metadata", {}).get("kedro-viz", {}).get("layer")
            for name, entry in catalog.items()
            if not name.startswith("_")
        }
        assert {name: layer for name, layer in layers.items() if layer not in LAYERS} == {}

    def test_every_parameter_group_is_typed(self, project, environment):
        with KedroSession.create(project, env=environment) as session:
            parameters = session.load_context().params
        untyped = {
            name
            for pipeline in pipelines.values()
            for name in pipeline.inputs()
            if name.startswith("params:")
            and isinstance(parameters.get(name.removeprefix("params:"), {}), dict)
        }
        assert untyped == set()

    def test_the_configured_sae_is_within_its_searchs_rule(self, project, environment):
        """Regression: the scale environments set k: 64 and inherited the sample's max_l0: 34."""
        with KedroSession.create(project, env=environment) as session:
            parameters = session.load_context().params
        configured = RunSettings(sae=parameters["sae"].root, training=parameters["training"])
        if parameters["search"].n_trials:
            check_search(configured, parameters["search"])

    def test_models_and_saes_have_the_one_device(self, project, environment):
        with KedroSession.create(project, env=environment) as session:
            loader = session.load_context().config_loader
        kinds = ("PLMDataset", "SAECheckpointDataset")
        devices = {
            name: entry.get("device")
            for name, entry in loader["catalog"].items()
            if entry["type"].endswith(kinds)
        }
        assert set(devices) >= {
            "plm",
            "sae",
            "given_sae",
            "evaluated_sae",
            "random_plm_sae",
            "planted_sae",
        }
        assert set(devices.values()) == {loader["globals"]["device"]}
        owners = {name for name, group in loader["parameters"].items() if "device" in group}
        assert owners == {"training"}
        assert loader["parameters"]["training"]["device"] == loader["globals"]["device"]


class TestOtherScales:
    @pytest.mark.parametrize("environment", ["esm2_8m", "esm2_650m"])
    def test_plan_up_to_the_first_node_that_needs_data(self, project, environment):
        with (
            KedroSession.create(project, env=environment) as session,
            pytest.raises(PlmscopeError, match=r"uniprot_table is not there \(.*Put it there, or"),
        ):
            session.run()


class TestNodes:
    def test_take_few_inputs_save_the_report(self):
        """Regression: twelve inputs of one node, three of them always together."""
        counts = {
            node.name: len(node.inputs)
            for pipeline in pipelines.values()
            for node in pipeline.nodes
        }
        assert {name for name, n in counts.items() if n > 7} == {"feature_reporting.write_report"}


class TestCatalog:
    @pytest.fixture(scope="class")
    def entries(self, project):
        with KedroSession.create(project, env="test") as session:
            catalog = session.load_context().config_loader["catalog"]
        return {name: entry for name, entry in catalog.items() if not name.startswith("_")}

    def test_each_table_has_a_schema(self, entries):
        tables = [name for name, entry in entries.items() if entry["type"].endswith("TableDataset")]
        assert [name for name in tables if "validator" not in entries[name]] == ["uniprot_table"]

    def test_whatever_comes_of_a_model_is_versioned(self, entries):
        made = ("/06_models/", "/07_model_output/", "/08_reporting/")
        unversioned = {
            name
            for name, entry in entries.items()
            if any(layer in str(entry.get("filepath")) for layer in made)
            and not entry.get("versioned")
        }
        assert unversioned == {"training_checkpoints"}  # it is resumed, and gone when it is done

    def test_is_short(self, project, entries):
        """Regression: 582 lines in eight files, most of them the same."""
        lines = (project / "conf/base/catalog.yml").read_text().splitlines()
        assert len(lines) < 2 * len(entries)


class TestParameters:
    @pytest.mark.parametrize("group", ["ingestion", "embedding", "training", "scoring"])
    def test_an_unknown_key_stops_the_run_before_any_node(self, project, group):
        with (
            KedroSession.create(
                project, env="test", runtime_params={group: {"no_such_key": 1}}
            ) as session,
            pytest.raises(ParameterValidationError, match="no_such_key"),
        ):
            session.run()

    def test_a_pipeline_that_there_is_not_is_told_with_those_that_there_are(self, project):
        command = [sys.executable, "-m", "kedro", "run", "--env", "test", "--pipelines", "explian"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        told = done.stderr.strip().splitlines()[-1]
        assert told.startswith("There is no pipeline explian. There are: concept_analysis, con")
        assert "Traceback" not in done.stderr


class TestLineage:
    def test_the_five_pipelines_are_shown(self, viz_graph):
        shown = {pipeline["id"] for pipeline in viz_graph["pipelines"]}
        assert {
            "ingestion",
            "embedding",
            "sae_training",
            "concept_analysis",
            "feature_reporting",
        } <= shown

    def test_the_main_job_folds_into_its_five_stages(self, viz_graph):
        """Regression: 82 boxes at once could not be read."""
        folded = {key: len(box["children"]) for key, box in viz_graph["modular_pipelines"].items()}
        assert set(folded) == {"__root__", *MAIN_JOB}
        drawn = {node["id"] for node in viz_graph["nodes"]} & set(_at_the_root(viz_graph))
        assert set(MAIN_JOB) <= drawn
        assert not [node for node in drawn if "task" in _types(viz_graph)[node]]

    def test_every_node_has_a_name_of_its_own(self):
        """Regression: nodes without one were shown as survey_features__5313c89b."""
        names = {node.name for pipeline in pipelines.values() for node in pipeline.nodes}
        assert [name for name in names if "__" in name] == []

    def test_layers_are_acyclic_and_in_order(self, viz_graph):
        """kedro-viz silently shows no layers at all when they form a cycle."""
        shown = viz_graph["layers"]
        assert shown != []
        assert shown == [layer for layer in LAYERS if layer in shown]


def _at_the_root(graph):
    return [child["id"] for child in graph["modular_pipelines"]["__root__"]["children"]]


def _types(graph):
    return {node["id"]: node["type"] for node in graph["nodes"]}


class TestStartUp:
    def test_listing_pipelines_imports_no_heavy_library(self, project):
        """Regression: importing has no side effects and stays quick (docs/faults.md, fault 21)."""
        code = (
            "import sys; from kedro.framework.startup import bootstrap_project; "
            f"bootstrap_project({str(project)!r}); "
            "from plmscope.pipeline_registry import register_pipelines; register_pipelines(); "
            "print([m for m in ('torch', 'transformers', 'optuna', 'sklearn') if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip().splitlines()[-1] == "[]"
