import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.labels import ConceptLabels, draw_shifts
from plmscope.concepts.scoring.scores import score_pairs
from plmscope.concepts.settings import CountingSettings, UncertaintySettings
from plmscope.concepts.uncertainty.permutation import assess_significance, permute_overlaps

COUNTING = CountingSettings(max_residues=100)
SETTINGS = UncertaintySettings(n_permutations=50)


@pytest.fixture(scope="module")
def world(tables, given_features):
    """Sixty proteins, clumped features without meaning, and one feature that is the helix."""
    proteins, annotations, concepts = tables
    rng = np.random.default_rng(0)
    lengths = rng.integers(20, 60, 60)
    values, rows = {}, []
    for number, length in enumerate(lengths):
        clumps = np.repeat(rng.random((length // 4 + 1, 30)) < 0.15, 4, axis=0)[:length]
        values[f"P{number}"] = clumps * rng.random((length, 30))
        start = int(rng.integers(1, length - 12))
        rows.append((f"P{number}", "Helix", "span", start, start + 9, 2 * number))
        values[f"P{number}"][start - 1 : start + 9, 0] = 0.9
        site = int(rng.integers(1, length))
        rows.append((f"P{number}", "Site", "residue", site, site, 2 * number + 1))
    table = annotations(rows)
    sequences = {name: "X" * len(array) for name, array in values.items()}
    labels = ConceptLabels.of_split(proteins(sequences), table, concepts(table), "valid")
    store, encoder = given_features(values)
    return store, encoder, labels


@pytest.fixture(scope="module")
def pairs(world):
    counts = count_overlaps(LabelledFeatures(*world), COUNTING)
    return score_pairs(counts, counts)


@pytest.fixture(scope="module")
def each_alone(world):
    names = world[0].accessions
    return pd.Series(names, names)


class TestPermutedOverlaps:
    def test_equal_a_recount_of_rotated_labels(self, world, pairs, each_alone):
        store, encoder, labels = world
        overlaps, _ = permute_overlaps(
            LabelledFeatures(*world), each_alone, pairs, COUNTING, SETTINGS
        )
        clusters = np.arange(len(store.accessions))
        shifts = draw_shifts(np.diff(labels.offsets), clusters, 50, SETTINGS.seed)
        recount = count_overlaps(
            LabelledFeatures(store, encoder, labels.rotate(shifts[7])), COUNTING
        )
        cells = (
            pd.Index(labels.concepts["concept"]).get_indexer(pairs["concept"]),
            pairs["feature"].to_numpy(),
            np.searchsorted(COUNTING.thresholds, pairs["threshold"]),
        )
        np.testing.assert_array_equal(overlaps[7], recount.tp[cells])

    def test_moments_are_those_of_all_rotations(self, world, pairs, each_alone):
        store, encoder, labels = world
        one = store.select(["P0"])
        of_one = labels.select(["P0"])
        rotated = [
            count_overlaps(
                LabelledFeatures(one, encoder, of_one.rotate(np.array([shift]))),
                COUNTING,
            ).tp
            for shift in range(one.n_residues)
        ]
        _, moments = permute_overlaps(
            LabelledFeatures(one, encoder, of_one), each_alone, pairs, COUNTING, SETTINGS
        )
        cells = (
            slice(None),
            pd.Index(labels.concepts["concept"]).get_indexer(pairs["concept"]),
            pairs["feature"].to_numpy(),
            np.searchsorted(COUNTING.thresholds, pairs["threshold"]),
        )
        every = np.stack(rotated)[cells]
        np.testing.assert_allclose(moments.mean, every.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(moments.variance, every.var(axis=0), rtol=1e-4, atol=1e-5)


class TestRotation:
    def test_keeps_instances_whole(self, world):
        labels = world[2]
        rotated = labels.rotate(np.arange(len(labels.accessions)))
        np.testing.assert_array_equal(rotated.instances.sum(axis=0), labels.instances.sum(axis=0))
        np.testing.assert_array_equal(rotated.n_positive_residues, labels.n_positive_residues)

    def test_moves_homologues_together(self):
        shifts = draw_shifts(np.array([100, 100, 100]), np.array([0, 0, 1]), 20, seed=0)
        assert (shifts[:, 0] == shifts[:, 1]).all()
        assert (shifts[:, 0] != shifts[:, 2]).any()


class TestSignificance:
    def test_finds_the_planted_pair_and_little_else(self, world, pairs, each_alone):
        tested = assess_significance(
            LabelledFeatures(*world), each_alone, pairs, COUNTING, SETTINGS
        )
        found = pairs[tested["q_value"] < 0.05]
        assert ("Helix", 0) in set(zip(found["concept"], found["feature"], strict=True))
        assert len(found) <= 3

    def test_p_values_are_uniform_on_shuffled_labels(self, world, each_alone):
        store, encoder, labels = world
        clusters = np.arange(len(store.accessions))
        (shift,) = draw_shifts(np.diff(labels.offsets), clusters, 1, seed=99)
        null = labels.rotate(shift)
        counts = count_overlaps(LabelledFeatures(store, encoder, null), COUNTING)
        pairs = score_pairs(counts, counts)
        pairs["threshold"] = 0.0
        pairs["test_tp"] = count_at_zero(counts, pairs)
        p_value = assess_significance(
            LabelledFeatures(store, encoder, null), each_alone, pairs, COUNTING, SETTINGS
        )
        p_value = p_value["p_value"]
        assert 0.2 < (p_value < 0.4).mean() < 0.6
        assert (p_value < 0.05).mean() < 0.15

    def test_same_seed_same_values(self, world, pairs, each_alone):
        runs = [
            assess_significance(LabelledFeatures(*world), each_alone, pairs, COUNTING, SETTINGS)
            for _ in "12"
        ]
        pd.testing.assert_frame_equal(*runs)

    def test_overlap_that_cannot_vary_is_no_evidence(self, tables, given_features):
        proteins, annotations, concepts = tables
        table = annotations([("P", "Helix", "span", 1, 5, 0)])
        labels = ConceptLabels.of_split(proteins({"P": "X" * 9}), table, concepts(table), "valid")
        store, encoder = given_features({"P": np.ones((9, 1))})
        counts = count_overlaps(LabelledFeatures(store, encoder, labels), COUNTING)
        pairs = score_pairs(counts, counts)
        tested = assess_significance(
            LabelledFeatures(store, encoder, labels),
            pd.Series({"P": "P"}),
            pairs,
            COUNTING,
            SETTINGS,
        )
        assert tested["p_value"].tolist() == [1.0]


def count_at_zero(counts, pairs):
    concept = pd.Index(counts.concepts["concept"]).get_indexer(pairs["concept"])
    return counts.tp[concept, pairs["feature"], 0]
