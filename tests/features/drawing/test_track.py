import pandas as pd
import pytest

from plmscope.features import Lane, example_track, make_lanes


class TestMakeLanes:
    def test_keeps_an_empty_lane_for_a_concept_the_protein_lacks(self):
        annotations = pd.DataFrame({"concept": ["Helix"], "start": [2], "end": [5]})
        lanes = make_lanes(annotations, ["Turn", "Helix"])
        assert lanes == (Lane("Turn", ()), Lane("Helix", ((2, 5),)))


class TestExampleTrack:
    @pytest.mark.parametrize(
        ("origin", "concepts", "remark"),
        [
            ("annotated", ["Turn", "Helix"], ""),
            ("corpus", [], "from the FASTA corpus: without annotations"),
        ],
    )
    def test_has_lanes_only_where_something_can_be_known(self, origin, concepts, remark):
        """Regression: empty lanes of corpus proteins read as if UniProt had nothing."""
        example = {"accession": "P1", "positions": [2], "values": [0.5]}
        annotations = pd.DataFrame(columns=["accession", "concept", "start", "end"])
        protein = {"sequence": "MKT", "origin": origin}
        track = example_track(example, protein, annotations, ["Turn", "Helix"])
        assert [lane.concept for lane in track.lanes] == concepts
        assert track.remark == remark
        assert track.activation == {2: 0.5}
