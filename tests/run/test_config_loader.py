"""Settings in layers: what an environment or the command line does not say is as below it."""

import pytest
import yaml

from plmscope.run.config_loader import LayeredConfigLoader

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
            "base/globals.yml": {"device": "cpu"},
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
        parameters = load(command_line={"training": {"preset": "paper", "n_steps": 7}})
        assert parameters["training"] == {"preset": "paper", "n_steps": 7}
        assert parameters["sae"]["k"] == 32

    def test_an_environments_preset_is_not_replaced_by_itself(self, load):
        training = {"preset": "paper", "n_steps": 10, "l1_coefficient": 0.1}
        parameters = load({"training": training}, {"training": {"preset": "paper"}})
        assert parameters["training"] == training


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
