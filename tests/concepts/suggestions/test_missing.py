import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.settings import CountingSettings, SuggestionSettings
from plmscope.concepts.suggestions.called_proteins import call_pairs
from plmscope.concepts.suggestions.missing import (
    suggest_annotations,
)

PAIRS = pd.DataFrame(
    {
        "concept": ["Motif: X"],
        "category": ["Motif"],
        "feature": [1],
        "threshold": [0.5],
        "longest": [5],
    }
)


def suggest(world, annotations: pd.DataFrame, pairs: pd.DataFrame = PAIRS, **settings):
    (store, encoder), proteins, _, concepts = world
    labels = ConceptLabels.of_proteins(proteins, annotations, concepts)
    called = call_pairs(LabelledFeatures(store, encoder, labels), pairs, CountingSettings())
    named = proteins.assign(protein_name="Protein")
    annotated = AnnotatedProteins(named, annotations, concepts)
    return suggest_annotations(called, annotated, SuggestionSettings(**settings))


class TestSuggestions:
    def test_are_where_the_annotation_is_missing(self, world):
        annotations = world[2]
        found = suggest(world, annotations[annotations["accession"] != "P07"])
        (suggestion,) = found.to_dict("records")
        assert (suggestion["accession"], suggestion["start"], suggestion["end"]) == ("P07", 5, 9)
        assert (suggestion["n_test_calls"], suggestion["precision"]) == (20, 1.0)
        assert 0.8 < suggestion["precision_low"] < 1.0
        assert not suggestion["protein_has_concept"]
        assert (suggestion["annotated_as"], suggestion["is_explained"]) == ("", False)
        assert suggestion["protein_name"] == "Protein"

    def test_of_no_pairs_are_an_empty_table(self, world):
        none = suggest(world, world[2], PAIRS.iloc[:0])
        assert none.empty
        assert "precision_low" in none

    def test_where_all_is_annotated_are_an_empty_table(self, world):
        assert suggest(world, world[2]).empty

    @pytest.mark.parametrize(("category", "is_explained"), [("Motif", True), ("Domain", False)])
    def test_explained_by_a_sibling_come_last(self, world, category, is_explained):
        """Regression: ten of the first twelve were kinases under their family's name."""
        annotations = world[2]
        gone = annotations["accession"].isin(["P01", "P07"])
        sibling = annotations[annotations["accession"] == "P01"].assign(
            category=category, concept=f"{category}: Z", instance=999
        )
        some = pd.concat([annotations[~gone], sibling], ignore_index=True)
        found = suggest(world, some).set_index("accession")
        assert found.loc["P01", "annotated_as"] == f"{category}: Z"
        assert found.loc["P01", "is_explained"] == is_explained
        if is_explained:
            assert found.index.tolist() == ["P07", "P01"]
        left = suggest(world, some, explained="left out")
        assert ("P01" in set(left["accession"])) != is_explained

    def test_leave_out_pooled_concepts_unless_asked(self, world):
        (store, encoder), proteins, annotations, concepts = world
        pooled = "Motif: any"
        given = annotations.assign(concept=pooled)
        pairs = PAIRS.assign(concept=pooled)
        named = (store, encoder), proteins, given, concepts.assign(concept=pooled)
        incomplete = given[given["accession"] != "P07"]
        assert suggest(named, incomplete, pairs).empty
        assert len(suggest(named, incomplete, pairs, pooled=True)) == 1

    def test_are_one_row_a_region(self, tables, given_features):
        """Regression: one protein came up to eleven times for one concept."""
        proteins, annotations, concepts = tables
        values = {name: np.zeros((60, 3)) for name in ("A", "B")}
        for name, places in {"A": (4, 10, 16, 50), "B": (4,)}.items():
            for place in places:
                values[name][place : place + 3, 1] = 0.6 + place / 100
        table = annotations([("B", "Motif: X", "span", 5, 7, 0)])
        both = proteins(dict.fromkeys(values, "X" * 60)).assign(split="test")
        world = given_features(values), both, table, concepts(table)
        found = suggest(world, table)
        assert found[["start", "end", "n_calls"]].to_numpy().tolist() == [[51, 53, 1], [5, 19, 3]]
        assert found["peak"].tolist() == pytest.approx([1.1, 0.76])
