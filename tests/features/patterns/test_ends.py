import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.features.hits import find_hits
from plmscope.features.patterns.ends import N_DISTANCES, EndCounts
from plmscope.saes import SAE
from plmscope.saes.encode import encode_blocks


def count(store: ActivationStore, sae: SAE) -> pd.DataFrame:
    ends = EndCounts()
    for block in encode_blocks(store, sae, 64, "counting"):
        ends.add(find_hits(block))
    return ends.to_frame("topk").set_index(["end", "distance"])


class TestEnds:
    def test_equal_the_slow_way(self, store: ActivationStore, sae: SAE, features: pd.DataFrame):
        found = count(store, sae)
        lengths = store.index["n_rows"].to_numpy()
        from_end = {
            "N": features["position"] - 1,
            "C": features["length"] - features["position"],
        }
        for end, distance in from_end.items():
            for place in (0, 1, 7, 30):
                here = features[distance == place]
                row, n = found.loc[(end, place)], (lengths > place).sum()
                assert row["n_residues"] == n
                np.testing.assert_allclose(row["l0"], len(here) / n)
                np.testing.assert_allclose(row["activation"], here["value"].sum() / n, rtol=1e-5)

    def test_have_a_row_per_distance_though_no_protein_is_so_long(
        self, store: ActivationStore, sae: SAE
    ):
        found = count(store, sae)
        assert len(found) == 2 * N_DISTANCES
        assert not found.isna().any(axis=None)
