"""The schema that editors read, and that every field says what it is."""

import importlib
import json
import pkgutil

import pytest
import yaml
from kedro.framework.startup import bootstrap_project

import plmscope
from plmscope.concepts import ConceptSummary
from plmscope.parameters import Parameters, Record
from plmscope.run.parameters_schema import SCHEMA, parameter_models, parameters_schema


@pytest.fixture(scope="module", autouse=True)
def _bootstrapped(project):
    bootstrap_project(project)


def subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from subclasses(sub)


class TestDescriptions:
    def test_every_field_of_settings_and_results_says_what_it_is(self):
        for module in pkgutil.walk_packages(plmscope.__path__, "plmscope."):
            if not module.name.endswith(("__main__", "settings")) or module.name.count(".") > 1:
                importlib.import_module(module.name)
        models = {*subclasses(Parameters), *subclasses(Record)}
        lacking = {
            f"{model.__module__}.{model.__name__}.{name}"
            for model in models
            if model.__module__.startswith("plmscope.")
            for name, field in model.model_fields.items()
            if not field.description
        }
        assert lacking == set()

    def test_a_summarys_schema_tells_them(self):
        properties = ConceptSummary.model_json_schema()["properties"]
        assert properties["n_pairs_tested"]["description"].startswith("Pairs of annotated concepts")


class TestSchema:
    def test_is_the_committed_one(self, project):
        """Make it again: python -m plmscope.run.parameters_schema."""
        assert json.loads((project / SCHEMA).read_text()) == parameters_schema()

    def test_has_every_group_of_every_environment(self, project):
        schema = json.loads((project / SCHEMA).read_text())
        files = list((project / "conf").glob("*/parameters_*.yml"))
        groups = {group for file in files for group in yaml.safe_load(file.read_text())}
        assert groups == set(schema["properties"]) == set(parameter_models())

    def test_is_named_in_the_first_line_of_each_file(self, project):
        for file in (project / "conf").glob("*/parameters_*.yml"):
            first = file.read_text().splitlines()[0]
            assert first == "# yaml-language-server: $schema=../parameters.schema.json", file

    def test_offers_what_one_architecture_alone_has(self):
        schema = parameters_schema()
        objective = schema["$defs"]["TrainingSettings"]["properties"]["objective"]
        assert {"$ref": "#/$defs/ReLUSettings"} in objective["anyOf"]
        assert "l1_coefficient" in schema["$defs"]["ReLUSettings"]["properties"]
        assert {"$ref": "#/$defs/TopKConfig"} in schema["$defs"]["SAESettings"]["anyOf"]
