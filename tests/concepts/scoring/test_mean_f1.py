import numpy as np
import pytest

from plmscope.concepts import (
    ConceptLabels,
    CountingSettings,
    OverlapCounts,
    count_overlaps,
    mean_best_f1,
)
from plmscope.concepts.counting.labelled_features import LabelledFeatures

HELIX_F1 = 2 * (3 / 4) / (3 / 4 + 1)


@pytest.fixture
def count(tables, given_features):
    """A function of two names: feature 0 is on at all of the first concept and once beside it,
    nothing is on at the second."""
    make_proteins, make_annotations, make_concepts = tables

    def run(first: str, second: str) -> OverlapCounts:
        annotations = make_annotations(
            [("P1", first, "residue", 1, 3, 0), ("P1", second, "residue", 6, 6, 1)]
        )
        labels = ConceptLabels.of_proteins(
            make_proteins({"P1": "AAAAAA"}), annotations, make_concepts(annotations)
        )
        features = np.zeros((6, 2))
        features[:4, 0] = 0.9
        return count_overlaps(
            LabelledFeatures(*given_features({"P1": features}), labels),
            CountingSettings(thresholds=(0.0, 0.5)),
        )

    return run


class TestMeanBestF1:
    def test_is_the_mean_over_concepts_of_the_best_feature_s_f1(self, count):
        assert mean_best_f1(count("Helix", "Turn")) == pytest.approx((HELIX_F1 + 0) / 2)

    def test_leaves_out_pooled_concepts(self, count):
        assert mean_best_f1(count("Helix", "Site: any")) == pytest.approx(HELIX_F1)

    def test_is_zero_where_all_concepts_are_pooled(self, count):
        assert mean_best_f1(count("Motif: any", "Site: any")) == 0.0
