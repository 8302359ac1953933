import pandas as pd

from plmscope.features import Lane, make_lanes


class TestMakeLanes:
    def test_keeps_an_empty_lane_for_a_concept_the_protein_lacks(self):
        annotations = pd.DataFrame({"concept": ["Helix"], "start": [2], "end": [5]})
        lanes = make_lanes(annotations, ["Turn", "Helix"])
        assert lanes == (Lane("Turn", ()), Lane("Helix", ((2, 5),)))
