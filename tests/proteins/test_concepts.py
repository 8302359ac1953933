import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plmscope.proteins import ConceptSettings, tabulate_concepts
from plmscope.proteins.tables import ANNOTATION_COLUMNS, make_table

SPLITS = ["train", "valid", "test"]
PROTEINS = pd.DataFrame({"accession": [*"TVWE"], "split": ["train", "valid", "valid", "test"]})


def annotate(*rows):
    """Rows (accession, concept, start, end), each an instance."""
    table = pd.DataFrame(rows, columns=["accession", "concept", "start", "end"])
    return table.assign(
        category=table["concept"].str.partition(":")[0], level="span", instance=range(len(table))
    )


def decide(annotations, **settings):
    every = {"min_instances": 0, "min_residues": 0, "min_proteins": 0}
    table = tabulate_concepts(annotations, PROTEINS, ConceptSettings(**(every | settings)))
    return table.set_index("concept")


class TestCounts:
    def test_residues_of_overlapping_instances_count_once(self):
        rows = [
            ("V", "Helix", 1, 10),
            ("V", "Helix", 3, 5),
            ("V", "Helix", 8, 12),
            ("W", "Helix", 1, 2),
        ]
        helix = decide(annotate(*rows)).loc["Helix"]
        counts = ["n_instances_valid", "n_residues_valid", "n_proteins_valid"]
        assert helix[counts].tolist() == [4, 14, 2]
        assert helix["n_instances_train"] == 0

    @given(
        st.lists(
            st.tuples(
                st.sampled_from("TVWE"), st.sampled_from(["Helix", "Turn"]),
                st.integers(1, 9), st.integers(0, 5),
            ),
            min_size=1, max_size=20,
        )
    )  # fmt: skip
    def test_residues_equal_the_sets_of_positions(self, drawn):
        rows = [(a, c, start, start + extent) for a, c, start, extent in drawn]
        table = decide(annotate(*rows))
        split_of = PROTEINS.set_index("accession")["split"]
        for concept in table.index:
            for split in SPLITS:
                positions = {
                    (a, position)
                    for a, c, start, end in rows
                    if c == concept and split_of[a] == split
                    for position in range(start, end + 1)
                }
                assert table.loc[concept, f"n_residues_{split}"] == len(positions)


class TestKept:
    def test_is_decided_on_valid_alone(self):
        """Regression: validation and test counts were added up (docs/faults.md, fault 5)."""
        rows = [
            ("V", "Helix", 1, 5),
            ("W", "Helix", 1, 5),
            ("E", "Turn", 1, 5),
            ("E", "Turn", 7, 9),
        ]
        table = decide(annotate(*rows), min_instances=2)
        assert table["kept"].to_dict() == {"Helix": True, "Turn": False}
        assert table.loc["Turn", "reason"] == "0 instances in valid, 2 needed"

    def test_a_concept_without_a_test_instance_is_kept_with_a_remark(self):
        helix = decide(annotate(("V", "Helix", 1, 5))).loc["Helix"]
        assert helix["kept"]
        assert helix["reason"] == "no instance in test: cannot be tested"

    @pytest.mark.parametrize(
        ("setting", "reason"),
        [
            ({"min_residues": 6}, "5 residues in valid, 6 needed"),
            ({"min_proteins": 2}, "1 proteins in valid, 2 needed"),
        ],
    )
    def test_reason_names_count_and_need(self, setting, reason):
        assert decide(annotate(("V", "Helix", 1, 5)), **setting).loc["Helix", "reason"] == reason

    def test_a_pool_of_one_sub_concept_is_its_twin(self):
        rows = [("V", "Domain: SH3", 1, 5), ("V", "Domain: any", 1, 5), ("E", "Domain: any", 1, 5)]
        assert decide(annotate(*rows)).loc["Domain: any", "kept"]
        twins = decide(annotate(*rows[:2]))
        assert twins.loc["Domain: any", "reason"] == "the same as Domain: SH3"
        assert not twins.loc["Domain: any", "kept"]

    def test_no_annotation_at_all(self):
        assert decide(make_table([], ANNOTATION_COLUMNS)).empty
