import json
import logging

import numpy as np
import pandas as pd
import pytest

from plmscope.disk.files import DamagedFileError
from plmscope.features.descriptions.llm.endpoint import AnswerCache, EndpointError
from plmscope.features.descriptions.llm.protocol import (
    DESCRIBED,
    TooExpensiveError,
    correlate,
    describe_by_llm,
)
from plmscope.features.descriptions.llm.settings import LLMSettings


@pytest.fixture
def cache(tmp_path) -> AnswerCache:
    return AnswerCache(tmp_path / "answers")


@pytest.fixture
def describe(sampled, proteins, settings, cache):
    def run(**changed) -> pd.DataFrame:
        table = describe_by_llm(sampled, proteins, settings.model_copy(update=changed), cache)
        return table.set_index("feature")

    return run


class TestDescriptions:
    def test_are_the_models_and_tested_on_held_out_proteins(self, describe, server, sampled):
        true = sampled[sampled["part"] == "held out"].set_index("accession")["peak"]
        server.predict = lambda name: float(1 - true[name].iloc[0])
        found = describe()
        assert found["description"].tolist() == ["A glycine.", "A glycine."]
        assert found["pearson_r"].tolist() == pytest.approx([-1, -1])
        assert found["n_held_out"].tolist() == [6, 6]
        assert (found["why_none"] == "").all()
        assert ["feature", *found] == DESCRIBED

    def test_have_no_r_where_predictions_do_not_vary(self, describe):
        assert describe()["pearson_r"].isna().all()

    def test_say_nothing_but_public_fields(self, describe, server):
        describe()
        text = json.dumps(server.asked)
        assert "secret-cluster" not in text
        assert "train" not in text
        assert "annotated" not in text

    def test_are_tested_without_showing_activations(self, describe, server):
        describe()
        predicting = [
            body["messages"][-1]["content"]
            for body in server.asked
            if "Predict" in body["messages"][-1]["content"]
        ]
        assert len(predicting) == 2
        assert all("highest activation |" not in question for question in predicting)
        assert all(":0.1" not in question for question in predicting)
        assert all("P00000" not in question for question in predicting)  # it was shown

    def test_are_not_asked_for_twice(self, describe, server):
        describe()
        n_asked = len(server.asked)
        describe()
        assert len(server.asked) == n_asked == 4

    def test_of_another_model_are_asked_for_anew(self, describe, server):
        describe()
        describe(model="other")
        assert len(server.asked) == 8

    def test_use_the_key_of_the_environment(self, describe, server, monkeypatch):
        monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
        describe()
        assert set(server.keys) == {"Bearer of-the-environment"}

    def test_say_what_they_will_cost_before_they_start(self, describe, server, caplog):
        with caplog.at_level(logging.INFO):
            describe(price_in=1e6, price_out=1e6)
        assert "2 features, 4 questions: about" in caplog.text
        n_asked = len(server.asked)
        with pytest.raises(TooExpensiveError, match=r"more than llm.max_cost = 5"):
            describe(price_in=1e6, max_cost=5)
        assert len(server.asked) == n_asked


class TestFaults:
    @pytest.mark.parametrize("fault", [429, 500, 503, "hang"])
    def test_that_pass_are_waited_for(self, describe, server, fault):
        server.faults = [fault]
        assert (describe()["why_none"] == "").all()

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("I would rather talk about the weather.", "has no JSON object"),
            ('{"description": "A gly', "has no JSON object|ends in the middle"),
            ('{"description": "A {gly} and', "ends in the middle of its JSON"),
            ('{"summary": "Glycine."}', "has no description"),
            ("", "has no JSON object"),
        ],
    )
    def test_in_an_answer_leave_the_other_features(self, describe, server, text, why):
        """Asked twice; what the other feature got is kept."""
        server.faults = [text, text]
        found = describe(n_at_once=1)
        assert found.loc[4, "why_none"].startswith("the answer ")
        pd.testing.assert_series_equal(
            found["why_none"].str.contains(why), pd.Series({4: True, 9: False}), check_names=False
        )
        assert found.loc[9, "description"] == "A glycine."

    def test_in_one_answer_are_asked_again(self, describe, server):
        server.faults = ["nonsense"]
        assert (describe(n_at_once=1)["why_none"] == "").all()

    def test_that_last_name_the_feature_and_go_on(self, describe, server):
        server.faults = [500] * 3
        found = describe(n_at_once=1)
        assert found.loc[4, "why_none"] == "no answer (InternalServerError)"
        assert found.loc[9, "why_none"] == ""
        n_asked = len(server.asked)
        again = describe(n_at_once=1)
        assert (again["why_none"] == "").all()
        assert len(server.asked) == n_asked + 2  # only what was missing

    def test_of_a_server_that_hangs_end(self, describe, server):
        server.faults = ["hang"] * 4
        found = describe(n_at_once=1, max_retries=1)
        assert found.loc[4, "why_none"] == "no answer (APITimeoutError)"

    @pytest.mark.parametrize(
        ("status", "says"), [(401, "Set OPENAI_API_KEY"), (404, "knows no model 'm'")]
    )
    def test_that_no_question_would_survive_stop(self, describe, server, status, says):
        server.faults = [status] * 10
        with pytest.raises(EndpointError, match=says):
            describe()

    def test_predictions_must_be_numbers_for_every_protein(self, describe, server):
        server.predict = lambda name: 7 if name == "P00008" else 0.5
        found = describe()
        assert (found["why_none"] == "the answer has no number from 0 to 1 for P00008, twice").all()
        assert (found["description"] == "A glycine.").all()

    def test_a_damaged_answer_is_not_used(self, describe, tmp_path):
        describe()
        path = sorted((tmp_path / "answers").glob("*.json"))[0]
        path.write_text(path.read_text().replace("0.5", "0.9").replace("Glycine", "Alanine"))
        with pytest.raises(DamagedFileError):
            describe()

    def test_nothing_is_sent_without_an_endpoint(self, sampled, proteins, cache):
        with pytest.raises(EndpointError, match=r"llm.endpoint and llm.model"):
            describe_by_llm(sampled, proteins, LLMSettings(), cache)


class TestCorrelation:
    def test_has_an_interval(self):
        rng = np.random.default_rng(0)
        true = rng.random(30)
        found = correlate(true + rng.normal(0, 0.2, 30), true)
        assert found["pearson_r_low"] < found["pearson_r"] < found["pearson_r_high"]

    def test_of_few_or_constant_values_is_missing(self):
        assert correlate(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.2, 0.3])) == {}
        assert correlate(np.full(9, 0.5), np.arange(9) / 9) == {}
