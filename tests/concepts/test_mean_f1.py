import numpy as np
import pytest

from plmscope.concepts import ConceptLabels, count_overlaps, mean_best_f1


class TestMeanBestF1:
    def test_is_the_mean_over_concepts_of_the_best_feature_s_f1(self, tables, given_features):
        """Feature 0 is on at all of Helix and once beside it; nothing is on at Turn."""
        make_proteins, make_annotations, make_concepts = tables
        annotations = make_annotations(
            [("P1", "Helix", "residue", 1, 3, 0), ("P1", "Turn", "residue", 6, 6, 1)]
        )
        labels = ConceptLabels.of_proteins(
            make_proteins({"P1": "AAAAAA"}), annotations, make_concepts(annotations)
        )
        features = np.zeros((6, 2))
        features[:4, 0] = 0.9
        counts = count_overlaps(*given_features({"P1": features}), labels, [0.0, 0.5])
        helix = 2 * (3 / 4) / (3 / 4 + 1)
        assert mean_best_f1(counts) == pytest.approx((helix + 0) / 2)
