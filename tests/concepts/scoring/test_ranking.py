import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.scoring.ranking import rank_pairs, rank_scores
from plmscope.concepts.settings import CountingSettings


class TestRankScores:
    @settings(max_examples=200)
    @given(
        st.lists(
            st.tuples(st.sampled_from([0.0, 0.0, 0.2, 0.5, 0.9]), st.booleans()),
            min_size=2,
            max_size=30,
        ).filter(lambda rows: len({label for _, label in rows}) == 2)
    )
    def test_equal_scikit_learn(self, rows):
        values, labels = (np.array(part) for part in zip(*rows, strict=True))
        on = values > 0
        auroc, average_precision = rank_scores(values[on], labels[on], labels.sum(), len(labels))
        assert auroc == pytest.approx(roc_auc_score(labels, values))
        assert average_precision == pytest.approx(average_precision_score(labels, values))

    def test_nothing_labelled_is_no_number_missing(self):
        assert rank_scores(np.array([0.3]), np.array([False]), 0, 5) == (0.5, 0.0)


class TestRankPairs:
    def test_ranks_each_pair_with_its_own_labels(self, tables, given_features):
        proteins, annotations, concepts = tables
        table = annotations([("A", "Helix", "span", 1, 2, 0), ("B", "Turn", "span", 3, 3, 1)])
        labels = ConceptLabels.of_split(
            proteins({"A": "XXXX", "B": "XXX"}), table, concepts(table), "valid"
        )
        values = {"A": np.zeros((4, 3)), "B": np.zeros((3, 3))}
        values["A"][:2, 2] = 0.9
        values["B"][:, 1] = 0.5
        store, encoder = given_features(values)
        pairs = table[["concept"]].assign(feature=[2, 1])
        ranked = rank_pairs(
            LabelledFeatures(store, encoder, labels), pairs, CountingSettings(max_residues=1)
        )
        assert ranked["auroc"].tolist() == pytest.approx([1.0, 5 / 6])
        assert ranked["average_precision"].tolist() == pytest.approx([1.0, 1 / 3])
