import numpy as np
import pytest

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.concepts.errors import ConceptTableError
from plmscope.concepts.labels import ConceptLabels, check_concepts


def label(tables, sequences, rows, split="valid"):
    proteins, annotations, concepts = tables
    annotated = annotations(rows)
    return ConceptLabels.of_split(proteins(sequences), annotated, concepts(annotated), split)


class TestLabels:
    def test_positions_are_one_based_and_inclusive(self, tables):
        labels = label(tables, {"A": "MKTA", "B": "GGG"}, [("B", "Helix", "span", 2, 3, 7)])
        assert labels.residues[:, [0]].toarray().ravel().tolist() == [0, 0, 0, 0, 0, 1, 1]

    def test_overlapping_instances_keep_their_identity(self, tables):
        """Regression: overlapping instances overwrote each other, so that a perfect feature could
        not reach recall 1 (docs/faults.md, fault 14)."""
        labels = label(
            tables,
            {"A": "MKTAYI"},
            [("A", "Repeat", "span", 1, 4, 0), ("A", "Repeat", "span", 2, 3, 1)],
        )
        assert labels.n_instances[0] == 2
        assert labels.n_positive_residues[0] == 4
        assert labels.instances.sum(axis=0).tolist() == [4, 2]

    def test_disulfide_is_one_instance_of_two_residues(self, tables):
        rows = [("A", "Disulfide bond", "span", 1, 1, 3), ("A", "Disulfide bond", "span", 5, 5, 3)]
        labels = label(tables, {"A": "CAAAC"}, rows)
        assert labels.instances.toarray().ravel().tolist() == [1, 0, 0, 0, 1]

    def test_at_residue_level_each_residue_counts(self, tables):
        rows = [("A", "Active site", "residue", 1, 1, 0), ("A", "Active site", "residue", 4, 4, 1)]
        labels = label(tables, {"A": "MKTA"}, rows)
        assert labels.n_instances[0] == 2
        assert labels.instances.shape == (4, 0)

    @pytest.mark.parametrize("level", ["residue", "span"])
    def test_an_annotated_instance_counts_once_however_many_spans_it_has(self, tables, level):
        rows = [
            *(("A", "Disulfide bond", level, end, end, 3) for end in (1, 5)),
            ("A", "Disulfide bond", level, 2, 4, 7),
            ("B", "Helix", "span", 1, 3, 9),
        ]
        labels = label(tables, {"A": "CAAAC", "B": "GGG"}, rows)
        assert labels.n_annotated.tolist() == [2, 1, *[0] * len(AMINO_ACIDS)]

    def test_selected_proteins_keep_their_annotated_instances(self, tables):
        rows = [
            ("A", "Helix", "span", 1, 2, 0),
            *(("B", "Site", "residue", n, n, n) for n in (1, 2)),
        ]
        labels = label(tables, {"A": "MKTA", "B": "GGG", "C": "WWW"}, rows)
        selected = labels.select(["C", "B"])
        assert selected.annotated.toarray()[:, :2].tolist() == [[0, 0], [0, 2]]
        assert labels.rotate(np.ones(3, dtype=int)).n_annotated.tolist()[:2] == [1, 2]

    def test_amino_acids_are_concepts_and_unknown_letters_are_none(self, tables):
        labels = label(tables, {"A": "AXC"}, [("A", "Helix", "span", 1, 1, 0)])
        names = labels.concepts["concept"].tolist()[1:]
        assert names == [f"Amino acid: {letter}" for letter in AMINO_ACIDS]
        assert labels.residues[:, 1:].sum(axis=1).tolist() == [1, 0, 1]

    def test_select_follows_the_given_order(self, tables):
        rows = [("A", "Helix", "span", 1, 2, 0), ("B", "Helix", "span", 3, 3, 1)]
        labels = label(tables, {"A": "MKTA", "B": "GGG"}, rows).select(["B", "A"])
        assert labels.residues[:, [0]].toarray().ravel().tolist() == [0, 0, 1, 1, 1, 0, 0]
        assert labels.instances.toarray().argmax(axis=0).tolist() == [3, 2]

    def test_concepts_that_are_not_kept_are_left_out(self, tables):
        proteins, annotations, concepts = tables
        annotated = annotations([("A", "Helix", "span", 1, 1, 0), ("A", "Turn", "span", 2, 2, 1)])
        table = concepts(annotated).assign(kept=[False, True])
        labels = ConceptLabels.of_split(proteins({"A": "MK"}), annotated, table, "valid")
        assert labels.concepts["concept"].iloc[0] == "Turn"

    def test_a_concept_without_instances_in_the_split_stays(self, tables):
        """Regression: a shard without a value in one annotation column raised and went missing
        (docs/faults.md, fault 19)."""
        proteins, annotations, concepts = tables
        annotated = annotations([("A", "Helix", "span", 1, 1, 0)])
        both = proteins({"A": "MK", "B": "AC"}).assign(split=["valid", "test"])
        labels = ConceptLabels.of_split(both, annotated, concepts(annotated), "test")
        assert labels.concepts["concept"].iloc[0] == "Helix"
        assert labels.n_positive_residues[0] == labels.n_instances[0] == 0
        assert np.isfinite(labels.n_instances).all()


class TestMisfits:
    @pytest.mark.parametrize(("start", "end"), [(0, 1), (3, 5), (3, 2)])
    def test_a_position_outside_the_sequence(self, tables, start, end):
        """Regression: position 0 wrote to the last residue, and out-of-range instances counted as
        positives that nothing can hit (docs/faults.md, fault 14)."""
        with pytest.raises(ConceptTableError, match=f"'Helix' at {start}..{end} of A"):
            label(tables, {"A": "MKTA"}, [("A", "Helix", "span", start, end, 0)])

    def test_an_unknown_accession(self, tables):
        with pytest.raises(ConceptTableError, match="of Q9: the protein is not in the table"):
            label(tables, {"A": "MKTA"}, [("Q9", "Helix", "span", 1, 1, 0)])

    def test_a_concept_that_is_not_in_the_table_is_left_out_and_told(self, tables, caplog):
        """Regression: a table of concepts that was cut down was refused."""
        proteins, annotations, concepts = tables
        rows = [("A", name, "span", 1, 1, place) for place, name in enumerate(("Helix", "Turn"))]
        annotated = annotations(rows)
        table = concepts(annotated)
        cut = table[table["concept"] == "Helix"].assign(kept=True)
        labels = ConceptLabels.of_split(proteins({"A": "MK"}), annotated, cut, "valid")
        assert labels.concepts["concept"].tolist()[0] == "Helix"
        assert labels.n_annotated_concepts == 1
        check_concepts(annotated, cut.assign(concept="Hélix"))
        assert "2 annotations are left out: their 2 concepts, such as 'Helix'" in caplog.text
        assert "1 kept concepts, such as 'Hélix', have no annotation" in caplog.text

    def test_two_concepts_with_one_name(self, tables):
        rows = [("A", "Helix", "span", 1, 1, 0), ("A", "Helix", "residue", 1, 1, 1)]
        with pytest.raises(ConceptTableError, match="'Helix' twice"):
            label(tables, {"A": "MKTA"}, rows)

    def test_a_split_without_proteins(self, tables):
        with pytest.raises(ConceptTableError, match="No protein is in split 'test'"):
            label(tables, {"A": "MKTA"}, [("A", "Helix", "span", 1, 1, 0)], split="test")

    def test_a_protein_without_labels(self, tables):
        labels = label(tables, {"A": "MKTA"}, [("A", "Helix", "span", 1, 1, 0)])
        with pytest.raises(ConceptTableError, match="Protein B has no labels"):
            labels.select(["A", "B"])
