import pandas as pd

from plmscope.features import annotated_concepts, name_features

PAIRS = pd.DataFrame(
    [
        ("Helix", 1, 0.9, 0.4),
        ("Turn", 1, 0.6, 0.9),
        ("Helix", 2, 0.7, 0.8),
        ("Helix", 3, 0.4, 0.9),
        ("Amino acid: C", 4, 0.9, 0.9),
        ("Disulfide bond", 4, 0.6, 0.6),
    ],
    columns=["concept", "feature", "valid_f1", "test_f1"],
)
PAIRS["category"] = PAIRS["concept"].str.split(":").str[0]


class TestNameFeatures:
    def test_chooses_on_valid_and_confirms_on_test(self):
        """Regression: test must not choose (reference/interplm.md, fault 4)."""
        named = name_features(PAIRS)
        assert dict(zip(named["feature"], named["concept"], strict=True)) == {
            2: "Helix",
            4: "Amino acid: C",
        }

    def test_of_no_pairs_is_empty(self):
        assert name_features(PAIRS.head(0)).empty


class TestAnnotatedConcepts:
    def test_leave_out_amino_acids_which_no_database_annotates(self):
        assert annotated_concepts(PAIRS[PAIRS["feature"] == 4]) == ["Disulfide bond"]

    def test_are_the_best_on_valid(self):
        assert annotated_concepts(PAIRS[PAIRS["feature"] == 1], n=1) == ["Helix"]
