"""A search must leave the configured settings a chance."""

import pytest

from plmscope.saes import parse_sae_config
from plmscope.training import RunSettings, SearchError, TrainingSettings, check_search


def configured(architecture="topk", **sae):
    config = {"architecture": architecture, "d_sae": 64} | sae
    training = TrainingSettings(n_steps=2000, batch_size=64)
    return RunSettings(sae=parse_sae_config(config), training=training)


class TestCheckSearch:
    def test_a_configured_k_that_the_rule_forbids_is_refused(self, make_settings):
        search = make_settings(choice={"rule": "best_within_l0", "max_l0": 7})
        with pytest.raises(SearchError, match=r"sae.k is 8, above search.choice.max_l0 \(7\)"):
            check_search(configured(k=8), search)
        check_search(configured(k=7), search)

    def test_so_is_a_jumprelus_target(self, make_settings):
        search = make_settings(choice={"rule": "best_within_l0", "max_l0": 31})
        with pytest.raises(SearchError, match=r"training\.objective\.target_l0 is 32"):
            check_search(configured("jumprelu"), search)

    def test_what_has_no_wanted_number_of_features_may_win(self, make_settings):
        check_search(configured("relu"), make_settings(choice={"rule": "best_within_l0"}))

    def test_the_knee_forbids_nothing(self, make_settings):
        check_search(configured(k=60), make_settings(choice={"rule": "knee"}))

    def test_trials_of_less_than_a_batch_are_refused(self, make_settings):
        with pytest.raises(SearchError, match="residues_per_trial \\(63\\) is less than one batch"):
            check_search(configured(k=8), make_settings(residues_per_trial=63))
