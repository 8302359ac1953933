import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.counting.by_protein import PairCounts
from plmscope.concepts.scoring.leakage import compare_without_leaks


class TestComparison:
    def test_leaves_leaked_proteins_out(self):
        tp = np.array([[8], [1]])
        n_active, positive = np.array([[8], [2]]), np.array([[8], [4]])
        counts = PairCounts(
            pd.Index(["leaked", "clean"]), np.array([50, 50]), tp, n_active, tp, positive, positive
        )
        best = pd.DataFrame({"concept": ["Site: any"], "feature": [3], "threshold": [0.5]})
        audit = pd.DataFrame({"accession": ["leaked", "clean"], "above_threshold": [True, False]})
        row = compare_without_leaks(best, counts, audit).iloc[0]
        assert row["test_precision"] == pytest.approx(0.9)
        assert row["test_precision_without_leaks"] == pytest.approx(0.5)
        assert row["test_recall_per_instance_without_leaks"] == pytest.approx(0.25)
        assert (row["n_instances"], row["n_instances_without_leaks"]) == (12, 4)
