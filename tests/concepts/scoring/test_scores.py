import dataclasses

import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.counting.counts import OverlapCounts
from plmscope.concepts.errors import CountsMismatchError
from plmscope.concepts.scoring.headline import report_concepts, summarise
from plmscope.concepts.scoring.scores import at_test_threshold, score_pairs
from plmscope.concepts.settings import ScoringSettings

THRESHOLDS = (0.0, 0.5)


def make_counts(
    tp,
    n_active,
    hit=None,
    totals=((20, 4), (10, 10)),
    names=("Helix", "Active site"),
    n_annotated=(4, 10),
):
    """Counts of two concepts, tp [n_concepts, n_features, n_thresholds]."""
    tp, n_active = np.asarray(tp), np.asarray(n_active)
    concepts = pd.DataFrame(
        {
            "concept": names,
            "category": names,
            "level": ["span", "residue"],
            "n_positive_residues": [total[0] for total in totals],
            "n_instances": [total[1] for total in totals],
            "n_annotated": n_annotated,
        }
    )
    hit = tp if hit is None else np.asarray(hit)
    annotated = np.broadcast_to(n_active, tp.shape).copy()
    return OverlapCounts(concepts, THRESHOLDS, 1000, n_active, tp, annotated, hit)


@pytest.fixture
def valid():
    return make_counts(
        tp=[[[10, 8], [0, 0]], [[1, 0], [5, 5]]],
        n_active=[[40, 10], [10, 5]],
        hit=[[[4, 3], [0, 0]], [[1, 0], [5, 5]]],
    )


@pytest.fixture
def held_out():
    return make_counts(
        tp=[[[20, 4], [0, 0]], [[0, 0], [6, 4]]],
        n_active=[[22, 10], [10, 8]],
        hit=[[[4, 2], [0, 0]], [[0, 0], [6, 4]]],
    )


class TestScorePairs:
    def test_a_score_by_hand(self, valid, held_out):
        row = score_pairs(valid, held_out).query("concept == 'Helix' and feature == 0").iloc[0]
        assert row["threshold"] == 0.5
        assert row["valid_precision"] == pytest.approx(8 / 10)
        assert row["valid_recall"] == pytest.approx(8 / 20)
        assert row["valid_recall_per_instance"] == pytest.approx(3 / 4)
        assert row["valid_f1"] == pytest.approx(2 * 0.8 * 0.75 / 1.55)
        assert row["valid_f1_per_residue"] == pytest.approx(2 * 0.8 * 0.4 / 1.2)
        assert row["valid_lift"] == pytest.approx(0.8 / (20 / 1000))
        assert (row["valid_tp"], row["valid_fp"]) == (8, 2)

    def test_the_threshold_is_frozen_on_valid(self, valid, held_out):
        """Regression: the threshold was chosen again on test, where 0 would be better here
        (docs/faults.md, fault 4)."""
        row = score_pairs(valid, held_out).query("concept == 'Helix'").iloc[0]
        assert row["test_precision"] == pytest.approx(4 / 10)

    def test_test_decides_nothing(self, valid, held_out):
        """Regression: concepts to keep were chosen from valid and test together
        (docs/faults.md, fault 5)."""
        nothing = dataclasses.replace(held_out, tp=0 * held_out.tp)
        chosen = ["concept", "feature", "threshold"]
        with_test, without = score_pairs(valid, held_out), score_pairs(valid, nothing)
        pd.testing.assert_frame_equal(with_test[chosen], without[chosen])

    def test_only_pairs_that_overlap_on_valid_are_there(self, valid, held_out):
        scored = score_pairs(valid, held_out)
        assert set(zip(scored["concept"], scored["feature"], strict=True)) == {
            ("Helix", 0),
            ("Active site", 0),
            ("Active site", 1),
        }

    def test_counts_of_other_concepts_are_refused(self, valid, held_out):
        """Regression: rerunning with other settings kept a stale list of concept names beside new
        label columns (docs/faults.md, fault 12)."""
        stale = make_counts(held_out.tp, held_out.n_active, names=("Turn", "Active site"))
        with pytest.raises(CountsMismatchError, match="concepts differ"):
            score_pairs(valid, stale)

    def test_no_score_is_ever_missing(self, valid):
        empty = make_counts(0 * valid.tp, 0 * valid.n_active, totals=((0, 0), (0, 0)))
        assert not score_pairs(valid, empty).isna().any(axis=None)


class TestInterplmProtocol:
    def test_chooses_the_threshold_again_on_test(self, valid, held_out):
        scored = score_pairs(valid, held_out, ScoringSettings(protocol="interplm", min_instances=5))
        row = scored.query("concept == 'Helix'").iloc[0]
        assert (row["threshold"], row["test_threshold"]) == (0.5, 0.0)
        on_test = at_test_threshold(scored)
        assert on_test["threshold"].tolist() == scored["test_threshold"].tolist()
        assert row["test_precision"] == pytest.approx(20 / 22)

    def test_keeps_frequent_concepts_of_both_splits_together(self, valid, held_out):
        settings = ScoringSettings(protocol="interplm", min_instances=8, min_residues=100)
        assert score_pairs(valid, held_out, settings)["concept"].unique().tolist() == [
            "Active site"
        ]

    def test_counts_annotated_instances_and_not_the_residues_of_residue_level_concepts(
        self, valid, held_out
    ):
        """Regression: twelve residues of six bonds passed for more than ten instances."""
        both = [
            dataclasses.replace(part, concepts=part.concepts.assign(n_annotated=[4, 3]))
            for part in (valid, held_out)
        ]
        kept = score_pairs(*both, ScoringSettings(protocol="interplm", min_instances=6))
        assert kept["concept"].unique().tolist() == ["Helix"]

    def test_leaves_out_its_own_pooled_concepts_and_counts_the_others(self, valid, held_out):
        both = [
            make_counts(part.tp, part.n_active, names=("Region: any", "Active site: any"))
            for part in (valid, held_out)
        ]
        scored = score_pairs(*both, ScoringSettings(protocol="interplm", min_instances=1))
        assert set(scored["concept"]) == {"Active site: any"}
        assert summarise(scored)["n_concepts"] > 0
        assert summarise(score_pairs(*both))["n_concepts"] == 0

    def test_does_not_count_a_pair_that_is_silent_on_test(self, valid, held_out):
        """Feature 0 overlaps with the active site on valid alone: InterPLM's report joins rows of
        test, which such a pair has none of."""
        interplm = ScoringSettings(protocol="interplm", min_instances=1)
        for settings, is_counted in ((interplm, False), (ScoringSettings(), True)):
            scored = score_pairs(valid, held_out, settings)
            silent = scored.query("concept == 'Active site' and feature == 0").iloc[0]
            assert silent["test_f1"] == 0.0
            assert silent["counted"] == is_counted
            assert scored.query("concept == 'Helix'")["counted"].all()


class TestReport:
    def test_has_the_best_pair_of_each_concept(self, valid, held_out):
        report = report_concepts(score_pairs(valid, held_out), valid, held_out)
        assert report[["concept", "feature"]].to_numpy().tolist() == [
            ["Helix", 0],
            ["Active site", 1],
        ]
        gap = report["valid_f1"] - report["test_f1"]
        assert report["f1_gap"].tolist() == pytest.approx(gap.tolist())

    def test_says_when_test_has_no_instance(self, valid, held_out):
        without = make_counts(held_out.tp, held_out.n_active, totals=((0, 0), (10, 10)))
        report = report_concepts(score_pairs(valid, without), valid, without)
        notes = report.set_index("concept")["note"]
        assert notes["Helix"].startswith("no instance in test")
        assert notes["Active site"] == ""


class TestTables:
    def test_round_trip(self, valid):
        made_from = {"store": "abc"}
        back = OverlapCounts.from_tables(valid.to_tables(), made_from)
        assert back.made_from == made_from
        for name in ("n_active", "tp", "n_active_annotated", "instances_hit"):
            np.testing.assert_array_equal(getattr(back, name), getattr(valid, name))
        assert (back.thresholds, back.n_residues) == (valid.thresholds, valid.n_residues)
        pd.testing.assert_frame_equal(back.concepts, valid.concepts)
