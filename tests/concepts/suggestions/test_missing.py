import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.settings import CountingSettings, SuggestionSettings
from plmscope.concepts.suggestions.called_proteins import call_pairs
from plmscope.concepts.suggestions.missing import (
    hide_instances,
    recover_hidden,
    suggest_annotations,
)

PAIRS = pd.DataFrame({"concept": ["Motif: X"], "feature": [1], "threshold": [0.5], "longest": [5]})


@pytest.fixture(scope="module")
def world(tables, given_features):
    """Forty proteins, half of them test, with a motif at residues 5 to 9 where feature 1 fires."""
    proteins, annotations, concepts = tables
    names = [f"P{number:02d}" for number in range(40)]
    table = annotations(
        [(name, "Motif: X", "span", 5, 9, number) for number, name in enumerate(names)]
    )
    values = {name: np.zeros((20, 3)) for name in names}
    for array in values.values():
        array[4:9, 1] = 0.9
    sequences = proteins(dict.fromkeys(names, "X" * 20))
    split = ["valid" if number % 2 else "test" for number in range(40)]
    return given_features(values), sequences.assign(split=split), table, concepts(table)


class TestSuggestions:
    def test_are_where_the_annotation_is_missing(self, world):
        (store, encoder), proteins, annotations, concepts = world
        incomplete = annotations[annotations["accession"] != "P07"]
        labels = ConceptLabels.of_proteins(proteins, incomplete, concepts)
        split_of = proteins.set_index("accession")["split"]
        labelled = LabelledFeatures(store, encoder, labels)
        found = suggest_annotations(call_pairs(labelled, PAIRS, CountingSettings()), split_of)
        (suggestion,) = found.to_dict("records")
        assert (suggestion["accession"], suggestion["start"], suggestion["end"]) == ("P07", 5, 9)
        assert (suggestion["n_test_calls"], suggestion["precision"]) == (20, 1.0)
        assert 0.8 < suggestion["precision_low"] < 1.0
        assert not suggestion["protein_has_concept"]

    def test_of_no_pairs_are_an_empty_table(self, world):
        (store, encoder), proteins, annotations, concepts = world
        labels = ConceptLabels.of_proteins(proteins, annotations, concepts)
        split_of = proteins.set_index("accession")["split"]
        labelled = LabelledFeatures(store, encoder, labels)
        called = call_pairs(labelled, PAIRS.iloc[:0], CountingSettings())
        none = suggest_annotations(called, split_of)
        assert none.empty
        assert "precision_low" in none


class TestRecovery:
    def test_a_share_of_each_concept_is_hidden(self, world):
        visible, hidden = hide_instances(world[2], SuggestionSettings(hidden_fraction=0.25))
        assert (len(visible), len(hidden)) == (30, 10)

    def test_hidden_instances_come_back(self, world):
        (store, encoder), proteins, annotations, concepts = world
        found = recover_hidden(
            store, encoder, AnnotatedProteins(proteins, annotations, concepts), PAIRS,
            CountingSettings(), SuggestionSettings(),
        ).iloc[0]  # fmt: skip
        assert found["n_hidden"] == found["n_returned"] > 0
        assert found["stated_precision"] == found["observed_precision"] == 1.0
