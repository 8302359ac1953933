"""What the PLM uses and knows, after a main job on the tiny sample."""

import json

import pandas as pd
import pytest

from plmscope.disk.versions import newest
from plmscope.pipelines.feature_effects.nodes import ablate_named_features, steer_repeats

SETTINGS = {"search": {"n_trials": 0}, "motifs": {"min_clusters": 2, "min_bits": 0.5}}
UNMEASURED = "Not measured yet:"


@pytest.fixture(scope="module")
def root(measured_root):
    return measured_root


def _folder(root):
    return root / "08_reporting/tiny/layer_2/default"


def _table(root, name):
    return pd.read_parquet(newest(_folder(root) / f"{name}.parquet"))


def _report(root):
    return newest(_folder(root) / "report.html").read_text()


class TestEffects:
    def test_every_named_feature_has_a_rung(self, root):
        named, ladder = _table(root, "named_features"), _table(root, "feature_ladder")
        assert len(named) > 0
        assert sorted(ladder["feature"]) == sorted(named["feature"])
        assert ladder["rung"].between(1, 5).all()

    def test_the_feature_table_and_the_atlas_have_it_too(self, root):
        ladder = _table(root, "feature_ladder").set_index("feature")
        for table in (
            _table(root, "feature_table"),
            pd.read_parquet(newest(_folder(root) / "atlas") / "features.parquet"),
        ):
            rungs = table.set_index("feature")["rung"]
            assert rungs[rungs > 0].to_dict() == ladder["rung"].to_dict()

    def test_the_summary_counts_them(self, root):
        summary = json.loads(newest(_folder(root) / "effects_summary.json").read_text())
        ladder = _table(root, "feature_ladder")
        assert [rung["n_reached"] for rung in summary["rungs"]] == [
            int((ladder["rung"] >= rung).sum()) for rung in range(1, 6)
        ]


class TestProbes:
    def test_every_kept_concept_has_a_row(self, root):
        concepts = pd.read_parquet(root / "03_primary/concepts.parquet")
        report = _table(root, "probe_report")
        assert report["concept"].tolist() == concepts.loc[concepts["kept"], "concept"].tolist()
        assert (
            report["gap"] - (report["random_split_f1"] - report["ceiling_f1"])
        ).abs().max() < 1e-9

    def test_the_best_feature_is_that_of_the_concept_report(self, root):
        best = _table(root, "concept_report").set_index("concept")["test_f1"]
        report = _table(root, "probe_report").set_index("concept")["best_feature_f1"]
        assert report[best.index].to_dict() == pytest.approx(best.to_dict())


class TestReport:
    def test_shows_all(self, root):
        assert (root / "report_before.html").read_text().count(UNMEASURED) == 3
        report = _report(root)
        assert UNMEASURED not in report
        assert "probe on all activations" in report
        assert "used by the PLM" in report
        assert "in space, peak and chain left out" in report

    def test_keeps_nobody_out(self, root, browser, barriers):
        page = browser.new_page()
        page.goto(newest(_folder(root) / "report.html").as_uri())
        page.wait_for_selector("#chart-families .scatterlayer")
        assert barriers(page) == []
        page.close()

    def test_leaves_out_what_was_made_with_another_sae(self, root, kedro_run, caplog):
        """The main job makes another SAE: what was measured on the last one is about that one."""
        kedro_run(root, ["sae_training", "concept_analysis", "feature_reporting"],
                  training={"init_seed": 7}, **SETTINGS)  # fmt: skip
        assert _report(root).count(UNMEASURED) == 3
        assert (_table(root, "feature_table")["rung"] == 0).all()
        assert "feature_ladder is left out: it was made from something else" in caplog.text


class TestWithoutAHead:
    def test_what_needs_one_stays_empty_and_says_so(self, made_plm, caplog):
        plm = made_plm.ToyPLM(has_lm_head=False)
        assert ablate_named_features(plm, None, None, None, None).empty
        assert steer_repeats(plm, None, None, None).empty
        assert "has no masked-LM head: feature_ablations, feature_effects" in caplog.text
