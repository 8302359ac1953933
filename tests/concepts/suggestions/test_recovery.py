import pandas as pd

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.settings import CountingSettings, SuggestionSettings
from plmscope.concepts.suggestions.recovery import hide_instances, recover_hidden

PAIRS = pd.DataFrame(
    {
        "concept": ["Motif: X"],
        "category": ["Motif"],
        "feature": [1],
        "threshold": [0.5],
        "longest": [5],
    }
)


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

    def test_of_no_pair_is_an_empty_table(self, world):
        (store, encoder), proteins, annotations, concepts = world
        found = recover_hidden(
            store, encoder, AnnotatedProteins(proteins, annotations, concepts), PAIRS.iloc[:0],
            CountingSettings(), SuggestionSettings(),
        )  # fmt: skip
        assert found.empty

    def test_what_another_annotation_explains_does_not_come_back(self, world):
        """Regression: the test of the suggestions followed another rule than the suggestions."""
        (store, encoder), proteins, annotations, concepts = world
        others = annotations.assign(concept="Motif: Y", instance=annotations["instance"] + 1000)
        both = pd.concat([annotations, others], ignore_index=True)
        settings = SuggestionSettings()
        hidden = hide_instances(both, settings)[1]
        found = recover_hidden(
            store, encoder, AnnotatedProteins(proteins, both, concepts), PAIRS,
            CountingSettings(), settings,
        ).iloc[0]  # fmt: skip
        of_test = proteins.loc[proteins["split"] == "test", "accession"]
        hidden = hidden[hidden["accession"].isin(of_test)]
        x, y = (set(hidden.loc[hidden["concept"] == f"Motif: {z}", "accession"]) for z in "XY")
        assert found["n_hidden"] == len(x)
        assert found["n_returned"] == len(x & y)
