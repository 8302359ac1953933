"""Settings in layers: what an environment or the command line does not say is as below it."""

import re

import pytest
import yaml
from omegaconf.resolvers import oc

from plmscope.run.config_loader import (
    ON_THE_COMMAND_LINE_ALONE,
    LayeredConfigLoader,
    UnknownSettingError,
)

BASE = {
    "sae": {"architecture": "batch_topk", "d_sae": 2560, "k": 32},
    "training": {"n_steps": 1200, "learning_rate": 1e-3, "device": "${globals:device}"},
    "counting": {"thresholds": [0, 0.5], "max_residues": 8192},
    "search": {
        "n_trials": 6,
        "residues_per_trial": 1000,
        "architectures": {"batch_topk": {"k": {"choices": [28, 32]}}, "topk": {}},
        "choice": {"rule": "best_within_l0", "max_l0": 34},
    },
}


@pytest.fixture
def load(tmp_path):
    """The parameters of base, an environment with these, and the command line with those."""

    def load(environment=None, command_line=None, globals_of_environment=None):
        files = {
            "base/parameters.yml": BASE,
            "base/globals.yml": {"device": "cpu", "data_root": "data"},
            "mine/parameters.yml": environment or {},
            "mine/globals.yml": globals_of_environment or {},
        }
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(yaml.safe_dump(content))
        loader = LayeredConfigLoader(
            conf_source=str(tmp_path),
            base_env="base",
            default_run_env="local",
            env="mine",
            runtime_params=command_line,
        )
        return loader["parameters"]

    return load


class TestAGroupIsMerged:
    def test_key_by_key(self, load):
        """Regression: `search: {n_trials: 0}` was refused for the keys that it did not repeat."""
        parameters = load({"search": {"n_trials": 0}})
        assert parameters["search"] == BASE["search"] | {"n_trials": 0}

    def test_in_groups_of_groups_too(self, load):
        search = load({"search": {"choice": {"max_l0": 60}}})["search"]
        assert search["choice"] == {"rule": "best_within_l0", "max_l0": 60}

    def test_and_so_is_the_command_line(self, load):
        """Regression: a key given there dropped all others of an environment's group."""
        parameters = load({"counting": {"thresholds": [0]}}, {"counting": {"max_residues": 65536}})
        assert parameters["counting"] == {"thresholds": [0], "max_residues": 65536}

    def test_globals_of_the_environment_reach_what_base_says(self, load):
        parameters = load(
            command_line={"training": {"n_steps": 5}}, globals_of_environment={"device": "cuda"}
        )
        assert parameters["training"]["device"] == "cuda"
        assert parameters["training"]["n_steps"] == 5

    def test_lists_are_replaced(self, load):
        assert load({"counting": {"thresholds": [0.1]}})["counting"]["thresholds"] == [0.1]


class TestWhatTrainsSomethingElse:
    @pytest.mark.parametrize(
        "named",
        [
            {"sae": {"architecture": "relu", "d_sae": 64}, "training": {"n_steps": 10}},
            {"sae": {"d_sae": 64}, "training": {"n_steps": 10, "preset": "paper"}},
        ],
    )
    def test_gives_sae_and_training_whole(self, load, named):
        """Otherwise `relu` inherits k, and `preset: paper` the sample's learning rate."""
        parameters = load(named)
        assert {group: parameters[group] for group in named} == named

    def test_even_if_it_names_only_one_of_them(self, load):
        parameters = load({"sae": {"architecture": "relu", "d_sae": 64}})
        assert "training" not in parameters

    def test_the_same_architecture_changes_nothing_else(self, load):
        parameters = load({"sae": {"architecture": "batch_topk", "k": 8}})
        assert parameters["sae"] == {"architecture": "batch_topk", "d_sae": 2560, "k": 8}
        assert parameters["training"]["learning_rate"] == 1e-3

    def test_on_the_command_line_it_replaces_what_it_names(self, load):
        parameters = load(command_line={"sae": {"architecture": "relu", "d_sae": 64}})
        assert parameters["sae"] == {"architecture": "relu", "d_sae": 64}
        assert parameters["training"]["n_steps"] == 1200
        assert "objective" not in parameters["training"]  # of batch_topk
        parameters = load(command_line={"training": {"preset": "paper", "n_steps": 7}})
        assert parameters["training"] == {"preset": "paper", "n_steps": 7}
        assert parameters["sae"]["k"] == 32

    def test_an_environments_preset_is_not_replaced_by_itself(self, load):
        training = {"preset": "paper", "n_steps": 10, "learning_rate": 0.1}
        parameters = load({"training": training}, {"training": {"preset": "paper"}})
        assert parameters["training"] == training


class TestGlobalsOnTheCommandLine:
    def test_reach_what_is_built_from_them(self, load):
        """Regression: `--params device=cuda` was accepted and changed nothing."""
        parameters = load(command_line={"device": "cuda"})
        assert parameters["training"]["device"] == "cuda"
        assert "device" not in parameters

    def test_go_before_the_environment(self, load):
        parameters = load(
            command_line={"device": "meta"}, globals_of_environment={"device": "cuda"}
        )
        assert parameters["training"]["device"] == "meta"

    def test_reach_the_catalog(self, project):
        loader = LayeredConfigLoader(
            conf_source=str(project / "conf"),
            base_env="base",
            default_run_env="local",
            runtime_params={"layer": 3, "uniprot_table": "my.tsv", "plm_source": "my/plm"},
            custom_resolvers={"oc.env": oc.env},
        )
        catalog = loader["catalog"]
        assert catalog["activations"]["layer"] == 3
        assert catalog["uniprot_table"]["filepath"] == "my.tsv"
        assert catalog["plm"]["source"] == "my/plm"
        assert loader["parameters"]["embedding"]["layers"] == [3]


class TestPaths:
    @pytest.mark.parametrize(
        ("name", "entry", "key"),
        [
            ("data_root", "proteins", "filepath"),
            ("data_root", "activations", "path"),
            ("uniprot_table", "uniprot_table", "filepath"),
            ("plm_source", "plm", "source"),
            ("evaluated_sae", "evaluated_sae", "source"),
        ],
    )
    def test_a_tilde_is_the_home_folder(self, project, monkeypatch, tmp_path, name, entry, key):
        """Regression: a folder named ~ was made in the project."""
        monkeypatch.setenv("HOME", str(tmp_path))
        loader = LayeredConfigLoader(
            conf_source=str(project / "conf"),
            base_env="base",
            default_run_env="local",
            runtime_params={name: "~/mine"},
            custom_resolvers={"oc.env": oc.env},
        )
        assert loader["catalog"][entry][key].startswith(f"{tmp_path}/mine")

    def test_a_question_mark_in_the_data_root_is_refused(self, load):
        """Regression: SQLAlchemy took it for options, and the database lay elsewhere."""
        with pytest.raises(UnknownSettingError, match=r"data_root is a\?b, .*Choose another name"):
            load(globals_of_environment={"data_root": "a?b"})


class TestTheTestEnvironment:
    @pytest.fixture
    def loader(self, project, monkeypatch):
        monkeypatch.delenv("PLMSCOPE_TEST_ROOT", raising=False)
        return LayeredConfigLoader(
            conf_source=str(project / "conf"),
            base_env="base",
            default_run_env="local",
            env="test",
            custom_resolvers={"oc.env": oc.env},
        )

    def test_has_a_root_by_itself(self, loader):
        """Regression: without PLMSCOPE_TEST_ROOT it ended under 40 lines of traceback."""
        assert loader["globals"]["data_root"] == "build/test_run"

    def test_finds_its_plm_from_any_folder(self, loader, project, tmp_path, monkeypatch):
        """Regression: from a subfolder, a relative plm_source was looked for there."""
        monkeypatch.chdir(tmp_path)
        assert loader["catalog"]["plm"]["source"] == str(project / "tests/data/tiny_plm")


class TestWhatThereIsNot:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (
                {"command_line": {"trainig": {"n_steps": 5}}},
                "--params: .*Did you mean training",
            ),
            ({"command_line": {"devise": "cuda"}}, "--params: .*devise. Did you mean device"),
            ({"command_line": {"qqq": 1}}, r"--params: there is no setting qqq\. conf/base"),
            ({"environment": {"serach": {"n_trials": 0}}}, "mine/parameters.yml: .*mean search"),
            ({"environment": {"device": "cuda"}}, "mine/parameters.yml: .*no setting device"),
            ({"globals_of_environment": {"devcie": "cpu"}}, "mine/globals.yml: .*mean device"),
        ],
    )
    def test_is_refused_with_the_nearest_that_there_is(self, load, arguments, said):
        with pytest.raises(UnknownSettingError, match=said):
            load(**arguments)

    def test_what_only_the_command_line_knows_is_taken(self, load):
        given = dict.fromkeys(ON_THE_COMMAND_LINE_ALONE, "some/path")
        assert load(command_line=given)["sae"] == BASE["sae"]

    def test_that_is_all_that_the_catalog_asks_for(self, project):
        catalogs = [path.read_text() for path in (project / "conf").glob("*/catalog*.yml")]
        asked = set(re.findall(r"\$\{runtime_params:(\w+)", "".join(catalogs)))
        assert asked == set(ON_THE_COMMAND_LINE_ALONE)

    @pytest.mark.parametrize("nothing", ["", "  ", None])
    def test_an_empty_data_root_is_refused(self, load, nothing):
        """Regression: everything went to the root of the file system."""
        with pytest.raises(UnknownSettingError, match="data_root is empty"):
            load(globals_of_environment={"data_root": nothing})


class TestSearchArchitectures:
    def test_are_replaced_whole(self, load):
        own = {"relu": {"l1_coefficient": {"low": 0.1, "high": 1.0}}}
        parameters = load({"search": {"architectures": own}})
        assert parameters["search"]["architectures"] == own
        assert parameters["search"]["n_trials"] == 6

    def test_from_the_command_line_too(self, load):
        own = {"topk": {"k": {"choices": [4]}}}
        assert load(command_line={"search": {"architectures": own}})["search"]["architectures"] == (
            own
        )
