import re

import pandas as pd

from plmscope.features import search_html


def config_of(trial: int | None) -> dict:
    return {
        "sae": {"architecture": "topk", "k": 7, "d_model": None},
        "training": {"n_steps": 500},
        "trial": trial,
        "reason": "Lowest fvu of the 2 complete trials with L0 <= 8.",
    }


def rows_of(html: str) -> list[list[str]]:
    """The cells of every table row, without their tags."""
    rows = re.findall(r"<tr.*?</tr>", html, flags=re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, flags=re.DOTALL) for row in rows]
    return [[cell.strip() for cell in row] for row in cells]


class TestSearchHtml:
    def test_sets_the_configured_settings_beside_the_chosen_ones(self, search_trials: pd.DataFrame):
        rows = rows_of(search_html(search_trials, config_of(2)))
        assert rows[:7] == [
            ["", "trial 0, configured", "trial 2, chosen"],
            ["architecture", "topk", "topk"],
            ["learning_rate", "0.001", "0.004123"],
            ["k", "8", "7"],
            ["L0", "8.0", "7.5"],
            ["FVU", "0.3126", "0.2900"],
            ["dead features", "2.0%", "1.0%"],
        ]

    def test_has_one_column_where_the_configured_settings_were_chosen(
        self, search_trials: pd.DataFrame
    ):
        rows = rows_of(search_html(search_trials, config_of(0)))
        assert rows[0] == ["", "trial 0, configured, chosen"]
        assert rows[1] == ["architecture", "topk"]

    def test_says_why_and_with_which_settings_the_sae_is_trained(self, search_trials: pd.DataFrame):
        html = search_html(search_trials, config_of(2))
        assert "Lowest fvu of the 2 complete trials with L0 &lt;= 8." in html
        assert ["n_steps", "500"] in rows_of(html)
        assert ["d_model", "–"] in rows_of(html)
        assert "at most 4,096 residues" in html

    def test_lists_every_trial_and_why_it_failed(self, search_trials: pd.DataFrame):
        rows = rows_of(search_html(search_trials, config_of(2)))
        assert rows[-3:] == [
            ["0", "configured", "topk", "0.001", "8", "8.0", "0.3126", "2.0%", "complete"],
            ["1", "", "relu", "0.002", "–", "–", "–", "–", "failed: fvu is &lt;nan&gt;"],
            ["2", "chosen", "topk", "0.004123", "7", "7.5", "0.2900", "1.0%", "complete"],
        ]

    def test_shows_concept_f1_where_it_was_measured(self, search_trials: pd.DataFrame):
        assert "concept F1" not in search_html(search_trials, config_of(2))
        measured = search_trials.assign(concept_f1=[0.25, None, 0.5])
        assert ["concept F1", "0.2500", "0.5000"] in rows_of(search_html(measured, config_of(2)))

    def test_without_a_search_is_one_sentence(self, search_trials: pd.DataFrame):
        html = search_html(search_trials.head(0), config_of(None))
        assert html == "<p>No search was made: the SAE has the configured settings.</p>"
