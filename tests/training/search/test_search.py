"""The search with real training on a tiny store, and what goes wrong in a trial."""

from collections import Counter

import pytest
import torch

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.activations.batches import ShuffledBatches
from plmscope.training import search_settings
from plmscope.training.run.shared_pass import SharedPass
from plmscope.training.search.measures import ValidSplit


@pytest.fixture
def splits(store):
    """Train and valid."""
    return store.select(store.accessions[:45]), store.select(store.accessions[45:])


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


def facts(study):
    return [
        (t.number, t.state.name, t.params, t.intermediate_values, measures(t))
        for t in study.get_trials()
    ]


def measures(trial):
    return {name: x for name, x in trial.user_attrs["result"].items() if name != "seconds"}


class TestSearch:
    def test_gives_the_same_trials_for_the_same_seed(
        self, tmp_path, splits, configured, make_settings
    ):
        first, second, other = (
            facts(search_settings(*splits, configured, make_settings(seed=seed), url))
            for seed, url in (
                (0, f"sqlite:///{tmp_path}/1.db"),
                (0, f"sqlite:///{tmp_path}/2.db"),
                (1, f"sqlite:///{tmp_path}/1.db"),  # beside the first, in one database
            )
        )
        assert first == second
        assert [params for _, _, params, *_ in first] != [params for _, _, params, *_ in other]

    def test_is_not_made_again(self, splits, configured, make_settings, url, monkeypatch):
        study = search_settings(*splits, configured, make_settings(), url)
        monkeypatch.setattr(SharedPass, "advance", lambda *_: pytest.fail("trains"))
        assert facts(search_settings(*splits, configured, make_settings(), url)) == facts(study)

    def test_goes_on_when_more_trials_are_asked_for(self, splits, configured, make_settings, url):
        few = facts(search_settings(*splits, configured, make_settings(n_trials=4), url))
        more = facts(search_settings(*splits, configured, make_settings(n_trials=8), url))
        assert (len(few), len(more)) == (4, 8)
        assert more[:4] == few

    def test_trials_do_not_depend_on_who_else_is_in_their_pass(self, splits, configured):
        from plmscope.saes import estimate_input_statistics

        train, _ = splits
        statistics = estimate_input_statistics(block.x for block in train.blocks())
        other = configured.model_copy(
            update={"training": configured.training.model_copy(update={"init_seed": 1})}
        )
        together = SharedPass(train, {0: configured, 1: other})
        alone = SharedPass(train, {1: other})
        for each in (together, alone):
            each.normalise_inputs(statistics)
        together.advance(1000)
        together.drop(0)
        together.advance(2000)
        alone.advance(2000)
        x = train.protein(train.accessions[0])
        assert torch.equal(together.sae(1)(x), alone.sae(1)(x))

    def test_one_pass_serves_each_batch_once(
        self, splits, configured, make_settings, url, monkeypatch
    ):
        served = Counter()
        serve = ShuffledBatches.__next__

        def count(batches):
            served["batches"] += 1
            return serve(batches)

        monkeypatch.setattr(ShuffledBatches, "__next__", count)
        settings = make_settings(n_trials=4, halving_factor=None)
        search_settings(*splits, configured, settings, url)
        assert served["batches"] == settings.residues_per_trial // configured.training.batch_size

    def test_reads_neither_more_nor_less_than_train_and_valid(
        self, tmp_path, configured, make_settings
    ):
        """With values beyond all bounds for every test protein, the outcome is the same."""
        import numpy as np

        rng = np.random.default_rng(0)
        arrays = {f"P{i}": rng.normal(size=(20, 16)).astype(np.float32) for i in range(40)}
        poisoned = arrays | {f"P{i}": np.full((20, 16), 1e30, np.float32) for i in range(30, 40)}
        outcomes = []
        for name, proteins in (("clean", arrays), ("poisoned", poisoned)):
            job = job_from_arrays(proteins, plm_id=name, layer=2, shard_residues=100)
            store = ActivationStore.open(write_store(tmp_path / name, job)[2])
            train = store.select([f"P{i}" for i in range(20)])
            valid = store.select([f"P{i}" for i in range(20, 30)])
            url = f"sqlite:///{tmp_path}/{name}.db"
            outcomes.append(facts(search_settings(train, valid, configured, make_settings(), url)))
        assert outcomes[0] == outcomes[1]

    def test_batch_size_can_be_searched(self, splits, configured, make_settings, url):
        settings = make_settings(
            halving_factor=None,
            shared={"batch_size": {"choices": [32, 128]}},
            architectures={"topk": {}},
        )
        trials = search_settings(*splits, configured, settings, url).get_trials()
        assert {t.params.get("batch_size") for t in trials} == {None, 32, 128}
        assert {t.state.name for t in trials} == {"COMPLETE"}

    def test_concept_f1_is_measured_with_calibrated_features(
        self, splits, configured, make_settings, url
    ):
        """Regression: thresholds are for features scaled to [0, 1] (docs/faults.md, fault 1)."""
        maxima = []

        def concept_f1(sae):
            features = torch.cat([sae.encode(block.x) for block in splits[1].blocks()])
            maxima.append(float(features.max()))
            return float(sae.config.d_sae == 64)

        settings = make_settings(objectives=["concept_f1"], n_trials=4, valid_residues=10_000)
        study = search_settings(*splits, configured, settings, url, concept_f1)
        assert maxima == pytest.approx([1.0] * len(maxima))
        assert study.best_value == max(t.value for t in study.get_trials())


class TestFailedTrials:
    def test_a_nan_is_recorded_and_stops_nobody(self, splits, configured, make_settings, url):
        settings = make_settings(
            halving_factor=None, shared={"learning_rate": {"choices": [1e30, 1e-3]}}
        )
        trials = search_settings(*splits, configured, settings, url).get_trials()
        failed = [t for t in trials if t.params.get("learning_rate") == 1e30]
        assert failed
        for trial in trials:
            assert trial.state.name == ("FAIL" if trial in failed else "COMPLETE")
        assert all("nan after 4096 residues" in t.user_attrs["result"]["reason"] for t in failed)

    def test_out_of_memory_fails_the_trial_that_causes_it(self, make_search, make_settings, url):
        calls = []

        class Pass:
            """Runs out of memory with 64 features, whoever else is trained."""

            def __init__(self, runs):
                self._runs = runs
                calls.append(sorted(runs))

            def advance(self, n_residues):
                if any(run.sae.d_sae == 64 for run in self._runs.values()):
                    raise torch.OutOfMemoryError("CUDA out of memory")
                self._n_residues = n_residues

            def drop(self, number):
                self._runs.pop(number)

            def sae(self, number):
                return self._runs[number], self._n_residues

        settings = make_settings(halving_factor=None)
        search = make_search(url, settings, begin_pass=Pass)
        search.run()
        trials = search._study.trials
        for trial in trials:
            expected = "FAIL" if trial.params.get("d_sae") == 64 else "COMPLETE"
            assert trial.state.name == expected
        assert {t.user_attrs["result"].get("reason") for t in trials} == {
            None,
            "OutOfMemoryError: CUDA out of memory",
        }
        assert all([t.number] in calls for t in trials if t.state.name == "FAIL")

    def test_settings_that_do_not_go_together_fail_before_training(
        self, splits, configured, make_settings, url
    ):
        settings = make_settings(
            shared={}, architectures={"topk": {"k": {"choices": [33, 34]}}}, n_trials=2
        )
        trials = search_settings(*splits, configured, settings, url).get_trials()
        assert [t.state.name for t in trials] == ["COMPLETE", "FAIL"]
        assert "is more than d_sae = 32" in trials[1].user_attrs["result"]["reason"]

    def test_a_fault_of_the_program_is_not_taken_for_a_trial_s(
        self, make_search, make_settings, url
    ):
        def broken(_):
            raise TypeError("a fault")

        with pytest.raises(TypeError, match="a fault"):
            make_search(url, make_settings(), begin_pass=broken).run()


class TestValidSplit:
    def test_measures_as_the_plain_formulas_do(self, splits, make_settings, configured):
        from plmscope.saes import make_sae

        _, valid = splits
        sae = make_sae(configured.sae.model_copy(update={"d_model": valid.d_model}))
        measured = ValidSplit(valid, make_settings(valid_residues=10_000), None).measure(sae)
        x = torch.cat([valid.protein(accession) for accession in valid.accessions])
        features = sae.encode(x)
        l0 = (features != 0).sum(1).float().mean().item()
        fvu = ((x - sae(x)).square().sum() / (x - x.mean(0)).square().sum()).item()
        assert measured["l0"] == pytest.approx(l0)
        assert measured["fvu"] == pytest.approx(fvu, rel=1e-5)
        assert measured["fvu_at_l0"] == pytest.approx(fvu + max(0, l0 / 4 - 1), rel=1e-5)
        dead = (features == 0).all(0).float().mean().item()
        assert measured["dead_fraction"] == pytest.approx(dead)

    def test_takes_whole_proteins_up_to_the_wanted_residues(self, splits, make_settings):
        _, valid = splits
        few = ValidSplit(valid, make_settings(valid_residues=50), None)
        assert 50 <= len(few._x) < 100
