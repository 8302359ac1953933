import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.counting.by_protein import count_by_protein, count_many_by_protein
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.scoring.scores import score_pairs
from plmscope.concepts.settings import CountingSettings


@pytest.fixture(scope="module")
def world(tables, given_features):
    """Twenty proteins with two overlapping span concepts and one residue-level one."""
    proteins, annotations, concepts = tables
    rng = np.random.default_rng(0)
    values = {
        f"P{number}": rng.random((30, 6)) * (rng.random((30, 6)) < 0.4) for number in range(20)
    }
    rows = []
    for instance in range(60):
        name, level = [("Helix", "span"), ("Repeat", "span"), ("Site", "residue")][instance % 3]
        start = int(rng.integers(1, 20))
        end = start + int(rng.integers(0, 10)) * (level == "span")
        rows.append((f"P{rng.integers(20)}", name, level, start, end, instance))
    table = annotations(rows)
    sequences = dict.fromkeys(values, "ACDEFGHIKL" * 3)
    labels = ConceptLabels.of_split(proteins(sequences), table, concepts(table), "valid")
    return *given_features(values), labels


class TestCountByProtein:
    def test_sums_to_the_counts_of_the_split(self, world):
        settings = CountingSettings(max_residues=50)
        counts = count_overlaps(LabelledFeatures(*world), settings)
        pairs = score_pairs(counts, counts)
        chosen = count_by_protein(LabelledFeatures(*world), pairs, settings)
        summed = chosen.summed(np.ones(len(chosen.groups)))
        for name, values in summed._asdict().items():
            np.testing.assert_allclose(values, pairs[f"valid_{name}"], err_msg=name)

    def test_clusters_keep_the_total(self, world):
        pairs = pd.DataFrame({"concept": ["Helix"], "feature": [0], "threshold": [0.5]})
        by_protein = count_by_protein(LabelledFeatures(*world), pairs, CountingSettings())
        names = by_protein.groups
        by_cluster = by_protein.by_cluster(pd.Series([name[:2] for name in names], names))
        assert len(by_cluster.groups) == 10
        np.testing.assert_array_equal(by_cluster.tp.sum(0), by_protein.tp.sum(0))
        assert by_cluster.n_residues.sum() == by_protein.n_residues.sum()


class TestCountManyByProtein:
    def test_some_pairs_are_counted_as_all_are(self, world):
        settings = CountingSettings(max_residues=50)
        counts = count_overlaps(LabelledFeatures(*world), settings)
        pairs = score_pairs(counts, counts)
        whole = count_by_protein(LabelledFeatures(*world), pairs, settings)
        some = count_many_by_protein(LabelledFeatures(*world), pairs, settings).of_pairs(
            slice(3, 7)
        )
        for name in ("tp", "n_active", "instances_hit", "n_positive", "n_instances"):
            np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[:, 3:7])
