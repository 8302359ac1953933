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
        ("Domain: any", 5, 0.9, 0.9),
        ("Domain: SH3", 5, 0.6, 0.6),
        ("Domain: any", 6, 0.9, 0.9),
    ],
    columns=["concept", "feature", "valid_f1", "test_f1"],
)
PAIRS["valid_f1_per_residue"] = 0.3
PAIRS["category"] = PAIRS["concept"].str.split(":").str[0]


class TestNameFeatures:
    def test_chooses_on_valid_and_confirms_on_test(self):
        """Regression: test must not choose (docs/faults.md, fault 4)."""
        named = name_features(PAIRS)
        assert dict(zip(named["feature"], named["concept"], strict=True)) == {
            2: "Helix",
            4: "Amino acid: C",
            5: "Domain: SH3",
        }

    def test_ties_go_to_the_better_f1_per_residue(self):
        tied = PAIRS[PAIRS["feature"] == 1].assign(valid_f1=0.9, test_f1=0.9)
        named = name_features(tied.assign(valid_f1_per_residue=[0.1, 0.2]))
        assert named["concept"].tolist() == ["Turn"]

    def test_a_pooled_concept_names_no_feature(self):
        """Regression: features that fire anywhere were named "Domain: any"."""
        assert name_features(PAIRS[PAIRS["concept"] == "Domain: any"]).empty

    def test_of_no_pairs_is_empty(self):
        assert name_features(PAIRS.head(0)).empty


class TestAnnotatedConcepts:
    def test_leave_out_amino_acids_which_no_database_annotates(self):
        assert annotated_concepts(PAIRS[PAIRS["feature"] == 4]) == ["Disulfide bond"]

    def test_are_the_best_on_valid(self):
        assert annotated_concepts(PAIRS[PAIRS["feature"] == 1], n=1) == ["Helix"]
