import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.controls.copying import compare_with_copying, copy_annotations
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.settings import CountingSettings
from plmscope.concepts.suggestions.called_proteins import call_pairs

RNG = np.random.default_rng(0)
FAMILY = "".join(RNG.choice(list("ACDEFGHIKLMNPQRSTVWY"), 120))
ORPHAN = "".join(RNG.choice(list("ACDEFGHIKLMNPQRSTVWY"), 120))
PAIRS = pd.DataFrame(
    {
        "concept": ["Motif: X"], "category": ["Motif"], "level": ["span"], "feature": [1],
        "threshold": [0.5], "longest": [5],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tables, given_features):
    """A relative of a train protein, ten residues shorter at its start, and an orphan."""
    proteins, annotations, concepts = tables
    sequences = {"TRAIN": FAMILY, "NEAR": FAMILY[10:60] + FAMILY[64:], "FAR": ORPHAN}
    table = annotations(
        [
            ("TRAIN", "Motif: X", "span", 31, 40, 0),
            ("TRAIN", "Motif: X", "span", 91, 95, 1),
            ("TRAIN", "Motif: X", "span", 2, 5, 2),
            ("NEAR", "Motif: X", "span", 21, 30, 3),
            ("FAR", "Motif: X", "span", 50, 60, 4),
        ]
    )
    made = proteins(sequences).assign(split=["train", "test", "test"])
    annotated = AnnotatedProteins(made, table, concepts(table))
    values = {name: np.zeros((len(sequences[name]), 3)) for name in ("NEAR", "FAR")}
    values["FAR"][52:55, 1] = 0.9
    values["NEAR"][0:2, 1] = 0.9
    store, encoder = given_features(values)
    labelled = LabelledFeatures(store, encoder, annotated.labels("test"))
    return annotated, call_pairs(labelled, PAIRS, CountingSettings())


class TestCopying:
    def test_follows_the_alignment(self, world):
        copies = copy_annotations(world[0])
        assert copies.with_hit == {"NEAR"}
        spans = copies.annotations[["accession", "start", "end"]].to_numpy().tolist()
        # Ten residues earlier, four more behind the gap; what lies before the start is lost.
        assert spans == [["NEAR", 21, 30], ["NEAR", 77, 81]]

    def test_is_measured_as_the_calls_are(self, world):
        annotated, called = world
        report = compare_with_copying(called, copy_annotations(annotated))
        rows = report.set_index(["proteins", "method"])
        figures = ["n_calls", "n_true", "n_instances", "n_found"]
        assert rows.loc[("all", "copy"), figures].tolist() == [2, 1, 2, 1]
        assert rows.loc[("with a hit", "copy"), figures].tolist() == [2, 1, 1, 1]
        assert rows.loc[("without", "copy"), figures].tolist() == [0, 0, 1, 0]
        assert rows.loc[("all", "feature"), figures].tolist() == [2, 1, 2, 1]
        assert rows.loc[("without", "feature"), figures].tolist() == [1, 1, 1, 1]
        assert rows.loc[("all", "copy"), "f1"] == 0.5
