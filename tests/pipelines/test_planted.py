"""What was planted in names, files and settings: nothing of it runs, or leaves its folder.

The main job of `measured_root` has such names in its table and its structures, and secrets in its
environment; the explanation, the site and the dashboard are looked at where they are tested.
"""

import json

import pytest
import yaml

from plmscope.disk.versions import newest
from plmscope.errors import PlmscopeError
from plmscope.run.config_loader import LayeredConfigLoader
from plmscope.run.manifest import RUNS

FOLDER = "08_reporting/tiny/layer_2/default"


@pytest.fixture(scope="module")
def atlas(measured_root):
    return newest(measured_root / FOLDER / "atlas")


class TestNames:
    def test_in_the_report_stay_text(self, measured_root, made_plants, browser):
        page = browser.new_page()
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        path = newest(measured_root / FOLDER / "report.html")
        assert "&lt;img src=planted" in path.read_text()
        page.goto(path.as_uri())
        assert made_plants.ran_in(page) == []
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert errors == []
        page.close()

    def test_in_tables_for_spreadsheets_are_no_formulas(self, measured_root, made_plants):
        paths = [path for path in measured_root.rglob("*.csv") if path.is_file()]
        assert {path.name for path in paths} >= {"features.csv", "missing_annotations.csv"}
        for path in paths:
            assert made_plants.formulas_in(path) == []

    def test_in_the_card_of_an_atlas_are_no_links(self, atlas, made_plants):
        card = (atlas / "README.md").read_text()
        assert not [text for text in made_plants.TEXTS if text in card]

    def test_of_structure_files_are_but_names(self, measured_root, made_plants):
        import pandas as pd

        chains = pd.read_parquet(measured_root / "03_primary/structure_chains.parquet")
        for name in made_plants.FILE_NAMES:
            begins = name.split("{}")[0]
            assert chains["file"].str.startswith(begins).sum() == 1


class TestSettings:
    @pytest.mark.parametrize("file", ["parameters_ingestion.yml", "globals.yml", "catalog.yml"])
    def test_that_would_make_an_object_are_refused_with_their_file(self, tmp_path, file):
        ran = tmp_path / "ran"
        for folder in ("base", "planted"):
            (tmp_path / folder).mkdir()
        (tmp_path / "planted" / file).write_text(
            f"ingestion:\n  exclude: !!python/object/apply:os.system ['touch {ran}']\n"
        )
        with pytest.raises(PlmscopeError, match=f"{file}: .*nothing in them is run"):
            _ = LayeredConfigLoader(str(tmp_path), base_env="base", default_run_env="planted")[
                file.split("_")[0].removesuffix(".yml")
            ]
        assert not ran.exists()

    def test_the_plant_would_run(self, tmp_path):
        """Else the test above showed nothing."""
        ran = tmp_path / "ran"
        yaml.unsafe_load(f"!!python/object/apply:os.system ['touch {ran}']")
        assert ran.exists()


class TestSecrets:
    def test_are_in_nothing_that_a_run_writes(self, measured_root, made_plants):
        """Neither in its manifests, which hold the parameters, nor in its logs."""
        assert list((measured_root / RUNS).glob("*.jsonl"))
        secrets = [secret.encode() for secret in made_plants.SECRETS.values()]
        files = [path for path in measured_root.rglob("*") if path.is_file()]
        told = [path for path in files if any(map(path.read_bytes().__contains__, secrets))]
        assert told == []

    def test_a_password_in_an_address_is_refused(self, kedro_run, tmp_path):
        """It would be in the manifest."""
        endpoint = "https://me:plantedpassword@127.0.0.1/v1"
        from kedro.validation.exceptions import ParameterValidationError

        from plmscope.run.user_errors import sentence_of

        with pytest.raises(ParameterValidationError) as refused:
            kedro_run(tmp_path, ["llm_descriptions"], llm={"endpoint": endpoint, "model": "m"})
        said = sentence_of(refused.value)
        assert said.startswith("llm.endpoint: an address with a password in it")
        assert "plantedpassword" not in said
        assert list(tmp_path.iterdir()) == []


def test_the_notebook_is_committed_without_outputs(project):
    content = json.loads((project / "notebooks/dashboard.ipynb").read_text())
    assert [cell["outputs"] for cell in content["cells"]] == [[]] * len(content["cells"])
