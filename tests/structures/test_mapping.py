"""Residues of structures on those of proteins, with all that files of structures come with."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plmscope.structures import StructureError, StructureSettings, find_structure_files
from plmscope.structures.mapping import map_structures

STRUCTURES = Path(__file__).parents[1] / "data/structures"
SETTINGS = StructureSettings(min_residues=10)


@pytest.fixture(scope="module")
def helix(made_structures):
    return made_structures.helix


@pytest.fixture(scope="module")
def write_structure(made_structures):
    return made_structures.write_structure


def _proteins(**sequences):
    return pd.DataFrame({"accession": list(sequences), "sequence": list(sequences.values())})


def _map(files, proteins):
    return map_structures(files, proteins, SETTINGS)


def _reason(mapped):
    (reason,) = mapped.rejects["reason"]
    return reason


class TestNumbering:
    def test_residue_numbers_are_not_used(self, tmp_path, letters, helix, write_structure):
        """They begin anywhere, and insertion codes repeat them."""
        sequence = letters(40)
        numbers = [str(n) for n in range(101, 121)] + [f"120{c}" for c in "ABCDEFGHIJ"]
        path = write_structure(
            tmp_path / "P1.pdb", {"A": (sequence[5:35], helix(30))}, numbers=numbers
        )
        mapped = _map([path], _proteins(P1=sequence))
        assert mapped.residues["position"].tolist() == list(range(6, 36))

    def test_without_the_first_methionine(self, tmp_path, letters, helix, write_structure):
        sequence = "M" + letters(30)
        path = write_structure(tmp_path / "P1.cif", {"A": (sequence[1:], helix(30))})
        assert _map([path], _proteins(P1=sequence)).residues["position"].tolist() == list(
            range(2, 32)
        )

    def test_a_missing_loop_is_left_out_where_the_chain_is_broken(
        self, tmp_path, helix, write_structure
    ):
        """By the letters alone the gap could be at any of the alanines."""
        sequence = "DEFGHIKLMN" + "A" * 20 + "PQRSTVWYCD"
        there = np.r_[0:13, 25:40]
        path = write_structure(
            tmp_path / "P1.pdb", {"A": ("".join(sequence[i] for i in there), helix(40)[there])}
        )
        mapped = _map([path], _proteins(P1=sequence))
        assert mapped.residues["position"].tolist() == (there + 1).tolist()

    def test_a_repeat_is_the_first_that_fits(self, tmp_path, letters, helix, write_structure):
        unit = letters(25)
        path = write_structure(tmp_path / "P1.pdb", {"A": (unit, helix(25))})
        assert _map([path], _proteins(P1=unit * 3)).residues["position"].tolist() == list(
            range(1, 26)
        )

    def test_modified_residues_are_what_they_are_made_from(self, tmp_path, helix, write_structure):
        sequence = "ACDEFGHIKLMNPQRSTVWY"
        path = write_structure(
            tmp_path / "P1.pdb",
            {"A": (sequence, helix(20))},
            names={10: "MSE", 15: "SEP", 16: "TPO"},
        )
        (chain,) = _map([path], _proteins(P1=sequence)).chains.to_dict("records")
        assert (chain["n_mapped"], chain["n_mismatches"]) == (20, 0)

    def test_tags_and_mutations_are_counted_and_not_placed(
        self, tmp_path, letters, helix, write_structure
    ):
        sequence = letters(60)
        mutant = sequence[:30] + ("A" if sequence[30] != "A" else "G") + sequence[31:]
        path = write_structure(tmp_path / "P1.pdb", {"A": ("MGSSHHHHHH" + mutant, helix(70))})
        mapped = _map([path], _proteins(P1=sequence))
        (chain,) = mapped.chains.to_dict("records")
        assert (chain["n_mismatches"], chain["n_unmapped"]) == (1, 10)
        assert set(range(1, 61)) - set(mapped.residues["position"]) == {31}

    def test_the_first_of_several_models_is_taken(self, tmp_path, letters, helix, write_structure):
        sequence = letters(20)
        path = write_structure(tmp_path / "P1.pdb", {"A": (sequence, helix(20))}, n_models=3)
        mapped = _map([path], _proteins(P1=sequence))
        assert mapped.chains["n_models"].tolist() == [3]
        assert mapped.residues["x"].iloc[0] == pytest.approx(2.31, abs=0.001)

    def test_residues_without_a_ca_have_no_place(self, tmp_path, letters, helix, write_structure):
        sequence = letters(30)
        path = write_structure(tmp_path / "P1.pdb", {"A": (sequence, helix(30))})
        lines = path.read_text().splitlines()
        path.write_text("\n".join(line.replace(" CA ", " CB ") if line[22:26] == "   7" else line
                                  for line in lines))  # fmt: skip
        mapped = _map([path], _proteins(P1=sequence))
        assert 7 not in set(mapped.residues["position"])
        assert mapped.chains["n_mapped"].tolist() == [29]


class TestRealStructures:
    def test_ubiquitin_is_the_first_repeat_of_its_precursors(self, sample_proteins):
        mapped = _map([STRUCTURES / "1ubi.pdb.gz"], sample_proteins)
        assert sorted(mapped.chains["accession"]) == ["P0CG47", "P62979", "P62987"]
        for _, residues in mapped.residues.groupby("accession"):
            assert residues["position"].tolist() == list(range(1, 77))

    def test_urokinase_has_the_numbers_of_chymotrypsin(self, sample_proteins):
        """4ZHL: residue 16 is I179 of the precursor; 37A to 37D, and a loop that is not there."""
        mapped = _map([STRUCTURES / "4zhl_U.cif.gz"], sample_proteins)
        (chain,) = mapped.chains.to_dict("records")
        assert chain["accession"] == "P00749"
        assert (chain["n_residues"], chain["n_mapped"], chain["n_mismatches"]) == (247, 244, 3)
        position = mapped.residues["position"]
        assert (position.min(), position.max()) == (179, 425)
        apart = np.linalg.norm(mapped.residues[["x", "y", "z"]].diff(), axis=1)
        next_to = (position.diff() == 1).to_numpy()
        assert np.abs(apart[next_to] - 3.8).max() < 1.0

    def test_an_nmr_ensemble(self, sample_proteins):
        mapped = _map([STRUCTURES / "2k39.pdb.gz"], sample_proteins)
        assert set(mapped.chains["n_models"]) == {2}


class TestSeveralStructures:
    def test_the_chain_that_places_most_is_used(self, tmp_path, letters, helix, write_structure):
        sequence = letters(50)
        files = [
            write_structure(tmp_path / "P1_a.pdb", {"A": (sequence[:20], helix(20))}),
            write_structure(
                tmp_path / "P1_b.pdb",
                {"A": (sequence[10:30], helix(20)), "B": (sequence[5:50], helix(45))},
            ),
        ]
        mapped = _map(files, _proteins(P1=sequence))
        used = mapped.chains[mapped.chains["is_used"]]
        assert used[["file", "chain"]].to_numpy().tolist() == [["P1_b.pdb", "B"]]
        assert len(mapped.chains) == 3
        assert len(mapped.residues) == 45

    def test_a_file_that_names_no_protein_is_found_by_its_sequence(
        self, tmp_path, letters, helix, write_structure
    ):
        proteins = _proteins(P1=letters(80), P2=letters(80))
        path = write_structure(
            tmp_path / "1abc.cif", {"X": (proteins["sequence"][1][10:70], helix(60))}
        )
        mapped = _map([path], proteins)
        assert mapped.chains["accession"].tolist() == ["P2"]
        assert mapped.residues["position"].iloc[0] == 11

    def test_a_missing_loop_does_not_hide_the_protein(
        self, tmp_path, letters, helix, write_structure
    ):
        """Regression: to MMseqs2 a loop that the crystal lacks counts against the identity."""
        whole = letters(160)
        seen = [*range(60), *range(105, 160)]
        sequence = "".join(whole[place] for place in seen)
        path = write_structure(tmp_path / "1abc.pdb", {"A": (sequence, helix(160)[seen])})
        mapped = _map([path], _proteins(P1=letters(160), P2=whole))
        assert mapped.chains["accession"].tolist() == ["P2"]
        assert mapped.residues["position"].tolist() == [place + 1 for place in seen]
        assert mapped.rejects.empty

    def test_a_relative_that_does_not_fit_is_no_reject(
        self, tmp_path, letters, helix, write_structure
    ):
        sequence = letters(100)
        relative = "".join("G" if place % 4 == 0 else sequence[place] for place in range(100))
        path = write_structure(tmp_path / "1abc.pdb", {"A": (sequence, helix(100))})
        mapped = _map([path], _proteins(P1=relative, P2=sequence))
        assert mapped.chains["accession"].tolist() == ["P2"]
        assert mapped.rejects.empty
        alone = _map([path], _proteins(P1=relative))
        assert _reason(alone) == "no protein of the run has this sequence"

    def test_a_chain_that_is_too_short_is_told_so_though_no_name_says_its_protein(
        self, tmp_path, letters, helix, write_structure
    ):
        sequence = letters(100)
        path = write_structure(tmp_path / "1abc.pdb", {"A": (sequence[:60], helix(60))})
        mapped = map_structures([path], _proteins(P2=sequence), StructureSettings(min_residues=80))
        assert _reason(mapped).startswith("only 60 residues, fewer than 80")

    @pytest.mark.parametrize("name", ["HID", "HIE", "HIP", "HSD"])
    def test_residues_named_by_their_protons(self, tmp_path, helix, write_structure, name):
        """As files prepared for AMBER or CHARMM have them."""
        sequence = "MHKLHEAHDWHSTH" * 3
        path = write_structure(tmp_path / "P1.pdb", {"A": (sequence, helix(len(sequence)))})
        path.write_text(path.read_text().replace(" HIS ", f" {name} "))
        mapped = _map([path], _proteins(P1=sequence))
        assert mapped.chains["n_mismatches"].tolist() == [0]
        assert len(mapped.residues) == len(sequence)

    def test_the_order_of_the_proteins_does_not_matter(self, sample_proteins):
        files = [STRUCTURES / "1ubi.pdb.gz"]
        some = sample_proteins[sample_proteins["accession"].isin(["P0CG47", "P62987"])]
        forth, back = (_map(files, table).residues for table in (some, some[::-1]))
        order = ["accession", "position"]
        pd.testing.assert_frame_equal(
            *(table.sort_values(order).reset_index(drop=True) for table in (forth, back))
        )


class TestBadInput:
    """Each is a row of the rejects, and the rest goes on."""

    def test_the_structure_of_another_sequence(self, tmp_path, letters, helix, write_structure):
        path = write_structure(tmp_path / "AF-P1-F1-model_v4.pdb", {"A": (letters(60), helix(60))})
        reason = _reason(_map([path], _proteins(P1=letters(60))))
        assert reason.startswith("the sequence of another protein: of its 60 residues ")
        assert reason.endswith(" are those of P1")

    def test_a_sequence_that_no_protein_has(self, tmp_path, letters, helix, write_structure):
        path = write_structure(tmp_path / "1abc.pdb", {"A": (letters(60), helix(60))})
        assert _reason(_map([path], _proteins(P1=letters(60)))) == (
            "no protein of the run has this sequence"
        )

    def test_no_ca(self, tmp_path, letters, helix, write_structure):
        sequence = letters(20)
        path = write_structure(tmp_path / "P1.pdb", {"A": (sequence, helix(20))}, atom="CB")
        assert _reason(_map([path], _proteins(P1=sequence))) == "no Cα atoms in it"

    @pytest.mark.parametrize("suffix", ["pdb", "cif"])
    def test_truncated(self, tmp_path, letters, suffix, helix, write_structure):
        sequence = letters(40)
        path = write_structure(tmp_path / f"P1.{suffix}", {"A": (sequence, helix(40))})
        text = path.read_text()
        middle = text.rindex("ATOM", 0, len(text) - 400)
        path.write_text(text[: middle + 20])
        assert _reason(_map([path], _proteins(P1=sequence))).startswith(
            "cannot be read, it may be cut off or damaged ("
        )

    def test_a_pdb_file_cut_off_between_two_lines(
        self, tmp_path, letters, caplog, helix, write_structure
    ):
        sequence = letters(40)
        path = write_structure(tmp_path / "P1.pdb", {"A": (sequence, helix(40))})
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if line.startswith("ATOM"))[: 81 * 30])
        mapped = _map([path], _proteins(P1=sequence))
        assert mapped.chains[["n_mapped", "may_be_cut_off"]].to_numpy().tolist() == [[30, True]]
        assert "P1.pdb has no END line: it may be cut off" in caplog.text

    def test_a_truncated_gzip(self, tmp_path, letters, helix, write_structure):
        sequence = letters(40)
        path = write_structure(tmp_path / "P1.pdb", {"A": (sequence, helix(40))})
        packed = tmp_path / "P1.pdb.gz"
        packed.write_bytes(gzip.compress(path.read_bytes())[:-200])
        assert "cannot be read" in _reason(_map([packed], _proteins(P1=sequence)))

    @pytest.mark.parametrize("content", ["", "nothing of the kind\n", "data_x\n_a 1\n", "\0\1\2"])
    def test_what_is_no_structure(self, tmp_path, content):
        for suffix in ("pdb", "cif"):
            path = tmp_path / f"P1.{suffix}"
            path.write_text(content)
            assert _reason(_map([path], _proteins(P1="ACDEFGHIKLMNPQRSTVWY")))

    def test_the_rest_goes_on(self, tmp_path, letters, helix, write_structure):
        sequence = letters(40)
        good = write_structure(tmp_path / "P1.pdb", {"A": (sequence, helix(40))})
        bad = tmp_path / "P2.pdb"
        bad.write_text("")
        mapped = _map([bad, good], _proteins(P1=sequence, P2=letters(30)))
        assert mapped.rejects[["file", "reason"]].to_numpy().tolist() == [
            ["P2.pdb", "an empty file"]
        ]
        assert mapped.chains["accession"].tolist() == ["P1"]

    def test_too_few_residues(self, tmp_path, letters, helix, write_structure):
        sequence = letters(40)
        path = write_structure(tmp_path / "P1.pdb", {"A": (sequence[:9], helix(9))})
        assert "fewer than 10" in _reason(_map([path], _proteins(P1=sequence)))

    def test_no_folder(self, tmp_path):
        with pytest.raises(StructureError, match="is no folder: put structure files"):
            find_structure_files(tmp_path / "none")

    def test_a_folder_without_structures(self, tmp_path):
        (tmp_path / "README").write_text("")
        with pytest.raises(StructureError, match="has no structure files"):
            find_structure_files(tmp_path)
