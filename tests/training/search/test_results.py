"""Tables, choice and plots."""

import json

import pandas as pd
import pytest

from plmscope.training import choose_run, plot_search, select_front, tabulate_trials
from plmscope.training.search.choice import choose_trial
from plmscope.training.search.settings import BestWithinL0, Knee
from plmscope.training.search.study.study import SearchError


def trials_of(*figures, state="complete"):
    """Trials with these (l0, fvu)."""
    rows = [
        {"trial": i, "state": state, "reason": "", "l0": l0, "fvu": fvu, "concept_f1": None}
        for i, (l0, fvu) in enumerate(figures)
    ]
    return pd.DataFrame(rows).astype({"concept_f1": "Float64"})


@pytest.fixture
def found(tmp_path, make_search, make_settings, configured):
    settings = make_settings(n_trials=12)
    search = make_search(f"sqlite:///{tmp_path}/study.db", settings)
    search.run()
    study = search._study.optuna_study
    return study, tabulate_trials(study, configured, settings), settings


class TestTrials:
    def test_say_what_was_tried_and_measured(self, found):
        _, trials, _ = found
        assert trials["trial"].tolist() == list(range(12))
        assert set(trials["state"]) == {"complete", "pruned"}
        assert trials[["fvu", "l0", "fvu_at_l0", "n_residues", "seconds"]].notna().all(axis=None)
        assert (trials["k"].notna() == (trials["architecture"] == "topk")).all()

    def test_begin_with_the_configured_settings(self, found):
        _, trials, _ = found
        first = trials.iloc[0]
        assert (first["architecture"], first["d_sae"], first["k"]) == ("topk", 32, 4)

    def test_without_a_search_have_the_same_columns_and_types(self, found, tmp_path, configured):
        _, trials, settings = found
        none = tabulate_trials(None, configured, settings)
        assert none.dtypes.equals(trials.dtypes)
        none.to_parquet(tmp_path / "none.parquet")
        assert pd.read_parquet(tmp_path / "none.parquet").columns.equals(trials.columns)
        assert select_front(none).empty


class TestFront:
    def test_holds_what_no_other_beats(self):
        trials = trials_of((10, 0.5), (20, 0.3), (20, 0.4), (30, 0.3), (40, 0.1), (5, 0.9))
        assert select_front(trials)["trial"].tolist() == [5, 0, 1, 4]

    def test_counts_concept_f1_where_measured(self):
        trials = trials_of((10, 0.5), (20, 0.6)).assign(concept_f1=[0.2, 0.3])
        assert select_front(trials)["trial"].tolist() == [0, 1]

    def test_leaves_out_what_was_not_trained_to_its_end(self):
        assert select_front(trials_of((10, 0.5), state="pruned")).empty


class TestChoice:
    @pytest.mark.parametrize(
        ("rule", "number", "reason"),
        [
            (BestWithinL0(max_l0=64), 2, "Lowest fvu of the 3 complete trials with L0 <= 64"),
            (BestWithinL0(max_l0=5), 0, "No trial has L0 <= 5: the sparsest of all"),
            (Knee(), 1, "Knee of the L0-FVU front of 4 trials: trial 1 with L0 16.0"),
        ],
    )
    def test_follows_its_rule_and_says_why(self, rule, number, reason):
        trials = trials_of((8, 0.9), (16, 0.3), (32, 0.25), (128, 0.2))
        chosen = choose_trial(trials, select_front(trials), rule)
        assert chosen.number == number
        assert reason in chosen.reason

    def test_can_be_by_concepts(self):
        trials = trials_of((8, 0.9), (16, 0.3)).assign(concept_f1=[0.4, 0.3])
        chosen = choose_trial(trials, trials, BestWithinL0(by="concept_f1"))
        assert chosen.number == 0
        assert "Highest concept_f1" in chosen.reason

    def test_of_one_trial_is_that_one(self):
        trials = trials_of((8, 0.9))
        assert choose_trial(trials, trials, Knee()).number == 0

    def test_gives_the_settings_of_a_full_run(self, found, configured):
        _, trials, settings = found
        run = choose_run(trials, select_front(trials), configured, settings.choice)
        assert run.trial is not None
        row = trials.iloc[run.trial]
        assert (run.sae.architecture, run.sae.d_sae) == (row["architecture"], row["d_sae"])
        assert run.training.learning_rate == row["learning_rate"]
        assert run.training.n_steps == configured.training.n_steps
        assert json.loads(run.model_dump_json())["reason"].startswith("Lowest fvu")

    def test_without_a_search_is_what_was_configured(self, make_settings, configured):
        settings = make_settings(n_trials=0)
        none = tabulate_trials(None, configured, settings)
        run = choose_run(none, select_front(none), configured, settings.choice)
        spelt_out = configured.spelt_out()
        assert (run.sae, run.training) == (spelt_out.sae, spelt_out.training)
        assert (run.trial, run.reason) == (
            None,
            "The configured settings: none were searched.",
        )

    def test_of_failures_only_is_refused_with_their_reason(self, make_settings, configured):
        trials = trials_of((8, 0.9), state="failed").assign(reason="fvu is nan")
        with pytest.raises(SearchError, match=r"None of the 1 trials.* fvu is nan"):
            choose_run(trials, select_front(trials), configured, make_settings().choice)


class TestPlots:
    def test_show_the_search(self, found):
        study, trials, settings = found
        for figure in plot_search(study, trials, select_front(trials), settings):
            assert len(figure.data) > 0
            json.loads(figure.to_json())

    def test_place_the_configured_settings_among_the_drawn_ones(self, found):
        study, trials, settings = found
        plots = plot_search(study, trials, select_front(trials), settings)
        assert len(plots.slices.data[0].x) == (trials["state"] == "complete").sum()
        line = dict(plots.parallel.data[0].customdata)
        assert (line["architecture"], line["d_sae"], line["topk.k"]) == ("topk", "32", "4")
        ring = next(trace for trace in plots.front.data if trace.name == "trial 0, configured")
        assert (ring.x[0], ring.y[0]) == tuple(trials.loc[0, ["l0", "fvu"]])
        assert study.trials[0].params == {}

    def test_leave_out_configured_settings_that_the_space_does_not_hold(self, found, configured):
        study, _, settings = found
        sae = configured.sae.model_copy(update={"d_sae": 48, "k": 17})
        trials = tabulate_trials(study, configured.model_copy(update={"sae": sae}), settings)
        plots = plot_search(study, trials, select_front(trials), settings)
        line = dict(plots.parallel.data[0].customdata)
        assert (line["architecture"], line["d_sae"], line["topk.k"]) == ("topk", "None", "None")

    def test_fit_the_page_that_shows_them(self, found):
        study, trials, settings = found
        for figure in plot_search(study, trials, select_front(trials), settings):
            assert figure.layout.width is None

    def test_show_a_search_with_several_objectives(
        self, tmp_path, make_search, make_settings, configured
    ):
        settings = make_settings(objectives=["l0", "fvu"])
        search = make_search(f"sqlite:///{tmp_path}/pareto.db", settings)
        search.run()
        study = search._study.optuna_study
        trials = tabulate_trials(study, configured, settings)
        assert set(trials["state"]) == {"complete"}  # nothing is pruned
        for figure in plot_search(study, trials, select_front(trials), settings):
            assert len(figure.data) > 0

    def test_say_why_there_is_nothing_to_show(self, make_settings, configured):
        settings = make_settings(n_trials=0)
        none = tabulate_trials(None, configured, settings)
        for figure in plot_search(None, none, none, settings):
            assert figure.layout.annotations[0].text.startswith("No ")
