from plmscope.proteins import read_uniprot_tsv

ROW = {"Entry": "P1", "Length": "30", "Sequence": "MKTAYIAKQRQISFVKSHFSMKTAYIAKQR"}


def annotations_of(write_tsv, **cells):
    return read_uniprot_tsv(write_tsv(ROW | cells)).annotations


class TestInstances:
    def test_overlapping_instances_all_keep_their_identity(self, write_tsv):
        """Regression: later instances overwrote earlier ones (docs/faults.md, fault 14)."""
        table = annotations_of(write_tsv, Helix="HELIX 1..9; HELIX 5..12; HELIX 5..12")
        assert table["instance"].nunique() == 3
        assert table[["start", "end"]].values.tolist() == [[1, 9], [5, 12], [5, 12]]

    def test_numbers_are_unique_over_concepts(self, write_tsv):
        cell = 'BINDING 3; /ligand="ATP"; BINDING 9; /ligand="ATP"'
        table = annotations_of(write_tsv, **{"Binding site": cell})
        assert table["concept"].value_counts().to_dict() == {
            "Binding site: ATP": 2,
            "Binding site: any": 2,
        }
        assert table["instance"].is_unique

    def test_a_disulfide_is_one_instance_with_two_ends(self, write_tsv):
        table = annotations_of(write_tsv, **{"Disulfide bond": "DISULFID 4..27; DISULFID 12"})
        assert table[["start", "end", "instance"]].values.tolist() == [
            [4, 4, 0],
            [27, 27, 0],
            [12, 12, 1],
        ]

    def test_a_cross_link_between_two_residues_has_two_ends(self, write_tsv):
        cell = 'CROSSLNK 4..27; /note="Isoglutamyl cysteine thioester (Cys-Gln)"'
        table = annotations_of(write_tsv, **{"Cross-link": cell})
        assert sorted(table["start"]) == [4, 4, 27, 27]
        assert table["instance"].nunique() == 2


class TestLevels:
    def test_follow_the_feature_type(self, write_tsv):
        table = annotations_of(
            write_tsv,
            **{"Helix": "HELIX 1..9", "Active site": "ACT_SITE 3", "Signal peptide": "SIGNAL 1..9"},
        )
        assert table.set_index("concept")["level"].to_dict() == {
            "Active site: any": "residue",
            "Helix": "span",
            "Signal peptide": "span",
        }
