import gzip

import pytest

from plmscope.proteins import ProteinTableError, read_uniprot_tsv

ROW = {"Entry": "P1", "Length": "20", "Sequence": "MKTAYIAKQRQISFVKSHFS"}


def concepts_of(tables):
    rows = tables.annotations[["concept", "start", "end"]]
    return sorted(rows.itertuples(index=False, name=None))


class TestReadUniprotTsv:
    def test_reads_names_and_sequence(self, write_tsv):
        row = ROW | {"Entry Name": "A_HUMAN", "Protein names": "NA", "Gene Names": "TP53 P53",
                     "Organism": "Homo sapiens (Human)"}  # fmt: skip
        tables = read_uniprot_tsv(write_tsv(row, name="table.tsv.gz"))
        protein = tables.proteins.iloc[0]
        assert protein[["accession", "entry_name", "protein_name", "length", "line"]].tolist() == [
            "P1", "A_HUMAN", "NA", 20, 2,
        ]  # fmt: skip
        assert protein["origin"] == "annotated"
        assert tables.rejects.empty

    def test_places_every_feature_type_of_a_row(self, write_tsv):
        row = ROW | {
            "Binding site": 'BINDING 3; /ligand="ATP"; BINDING 5..6; /ligand="Zn(2+)"',
            "Helix": 'HELIX 1..4; /evidence="ECO:1"',
            "Domain [FT]": 'DOMAIN 2..19; /note="SH3"',
        }
        assert concepts_of(read_uniprot_tsv(write_tsv(row))) == [
            ("Binding site: ATP", 3, 3),
            ("Binding site: Zn(2+)", 5, 6),
            ("Binding site: any", 3, 3),
            ("Binding site: any", 5, 6),
            ("Domain: SH3", 2, 19),
            ("Domain: any", 2, 19),
            ("Helix", 1, 4),
        ]

    def test_a_row_without_a_value_in_some_column_is_kept(self, write_tsv):
        """Regression: such a shard raised and went missing, exit code 0 (interplm.md, fault 19)."""
        empty = {"Entry": "P2", "Length": "3", "Sequence": "MKT"}
        tables = read_uniprot_tsv(write_tsv(empty, ROW | {"Helix": "HELIX 1..4"}))
        assert list(tables.proteins["accession"]) == ["P2", "P1"]

    def test_a_table_without_feature_columns_has_no_annotations(self, write_tsv):
        tables = read_uniprot_tsv(write_tsv(ROW))
        assert tables.annotations.empty
        assert tables.annotations["start"].dtype == "int64"

    def test_a_given_cluster_is_read(self, write_tsv):
        path = write_tsv(ROW | {"family": "kinase"})
        assert (
            read_uniprot_tsv(path, cluster_column="family").proteins["cluster"].item() == "kinase"
        )
        with pytest.raises(ProteinTableError, match=r"no column 'clan'.*cluster_column: null"):
            read_uniprot_tsv(path, cluster_column="clan")


class TestGivenSplits:
    def rows(self, *splits):
        return [
            ROW | {"Entry": f"P{i}", "fold": "x", "part": part} for i, part in enumerate(splits)
        ]

    def test_are_read(self, write_tsv):
        path = write_tsv(*self.rows("test", "train", "valid"))
        proteins = read_uniprot_tsv(path, split_column="part", cluster_column="fold").proteins
        assert proteins["split"].tolist() == ["test", "train", "valid"]
        assert proteins["cluster"].tolist() == ["x", "x", "x"]

    def test_are_not_read_unless_set(self, write_tsv):
        path = write_tsv(*self.rows("test", "train", "folly"))
        assert read_uniprot_tsv(path).proteins["split"].tolist() == ["", "", ""]

    @pytest.mark.parametrize("value", ["dev", "Train", "test ", ""])
    def test_another_value_names_place_and_remedy(self, write_tsv, value):
        path = write_tsv(*self.rows("test", value, "valid"))
        with pytest.raises(
            ProteinTableError,
            match=rf'table.tsv, line 3, column "part" of P1: "{value}" is no split. Expected '
            "train, valid or test for every protein.*ingestion.split_column: null",
        ):
            read_uniprot_tsv(path, split_column="part")

    def test_a_column_without_a_value_gives_none(self, write_tsv):
        path = write_tsv(*self.rows("", ""))
        assert read_uniprot_tsv(path, split_column="part").proteins["split"].tolist() == ["", ""]

    def test_the_split_of_a_rejected_protein_does_not_matter(self, write_tsv):
        bad = ROW | {"Entry": "P9", "Sequence": "MK-", "part": ""}
        path = write_tsv(*self.rows("test", "train"), bad)
        tables = read_uniprot_tsv(path, split_column="part")
        assert tables.proteins["split"].tolist() == ["test", "train"]
        assert tables.rejects["accession"].tolist() == ["P9"]

    def test_a_missing_column_names_the_setting(self, write_tsv):
        with pytest.raises(
            ProteinTableError, match=r"line 1: no column 'half'.*ingestion.split_column: null"
        ):
            read_uniprot_tsv(write_tsv(*self.rows("test")), split_column="half")


class TestRejects:
    @pytest.mark.parametrize(
        ("change", "field", "value", "reason"),
        [
            ({"Entry": " "}, "Entry", "", "no accession"),
            ({"Sequence": ""}, "Sequence", "", "no sequence"),
            ({"Sequence": "MK*A"}, "Sequence", "* at 3", "a character that is no amino acid"),
            ({"Length": "21"}, "Length", "21, found 20", "Length is not the sequence's"),
            ({"Length": "many"}, "Length", "many, found 20", "Length is not the sequence's"),
        ],
    )
    def test_a_protein_that_cannot_be_trusted(self, write_tsv, change, field, value, reason):
        good = ROW | {"Entry": "P9"}
        tables = read_uniprot_tsv(write_tsv(good, ROW | change))
        assert list(tables.proteins["accession"]) == ["P9"]
        reject = tables.rejects.iloc[0]
        assert (reject["line"], reject["field"]) == (3, field)
        assert (reject["value"], reject["reason"]) == (value, reason)

    def test_a_second_row_of_an_accession(self, write_tsv):
        tables = read_uniprot_tsv(write_tsv(ROW, ROW | {"Sequence": "MKT", "Length": "3"}))
        assert tables.proteins["length"].tolist() == [20]
        assert tables.rejects["reason"].tolist() == ["same accession as an earlier protein"]

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ("HELIX 15..21", "outside the sequence"),
            ("HELIX 0..3", "outside the sequence"),
            ("HELIX ?..3", "unknown position"),
            ("HELIX P1-2:3..4", "on another isoform"),
        ],
    )
    def test_a_feature_that_cannot_be_placed(self, write_tsv, cell, reason):
        """Regression: position 0 wrote to the last residue (interplm.md, fault 14)."""
        tables = read_uniprot_tsv(write_tsv(ROW | {"Helix": f"{cell}; HELIX 5..9"}))
        assert concepts_of(tables) == [("Helix", 5, 9)]
        reject = tables.rejects.iloc[0]
        assert (reject["field"], reject["reason"]) == ("Helix", reason)
        assert reject["value"] in cell

    def test_a_malformed_feature_if_so_set(self, write_tsv):
        path = write_tsv(ROW | {"Helix": "HELIX 12x; HELIX 5..9"})
        tables = read_uniprot_tsv(path, on_bad_feature="reject")
        assert concepts_of(tables) == [("Helix", 5, 9)]
        assert tables.rejects["value"].tolist() == ["12x"]


class TestRepairs:
    def test_annotations_stay_on_their_residues(self, write_tsv):
        """Regression: spaces, `*` and lower case shifted the labels (interplm.md, fault 7)."""
        row = ROW | {"Sequence": "mktayiakqr QISFVKSHFS*", "Active site": "ACT_SITE 11"}
        tables = read_uniprot_tsv(write_tsv(row))
        sequence = tables.proteins["sequence"].item()
        assert sequence[tables.annotations["start"].item() - 1] == "Q"
        assert len(sequence) == 20
        assert "lower case raised" in tables.proteins["repairs"].item()


class TestErrors:
    def test_malformed_feature_names_place_and_remedy(self, write_tsv):
        path = write_tsv(ROW, ROW | {"Entry": "P2", "Binding site": "BINDING 12x"})
        with pytest.raises(
            ProteinTableError,
            match=r'table.tsv, line 3, column "Binding site" of P2: "12x" is no position(.|\n)*'
            r"BINDING 12; /ligand(.|\n)*ingestion.on_bad_feature: reject",
        ):
            read_uniprot_tsv(path)

    def test_missing_column(self, write_tsv):
        with pytest.raises(ProteinTableError, match="line 1: no column 'Sequence'"):
            read_uniprot_tsv(write_tsv({"Entry": "P1", "Length": "3"}))

    def test_repeated_column(self, tmp_path):
        (tmp_path / "t.tsv").write_text("Entry\tSequence\tEntry\nP1\tMK\tP1\n")
        with pytest.raises(ProteinTableError, match="Entry comes twice"):
            read_uniprot_tsv(tmp_path / "t.tsv")

    def test_wrong_number_of_fields(self, tmp_path):
        (tmp_path / "t.tsv").write_text("Entry\tSequence\nP1\tMK\nP2\n")
        with pytest.raises(ProteinTableError, match="line 3: 1 fields where the header has 2"):
            read_uniprot_tsv(tmp_path / "t.tsv")

    def test_header_alone(self, tmp_path):
        (tmp_path / "t.tsv").write_text("Entry\tSequence\n")
        with pytest.raises(ProteinTableError, match="no protein"):
            read_uniprot_tsv(tmp_path / "t.tsv")

    def test_empty_file(self, tmp_path):
        (tmp_path / "t.tsv").write_text("")
        with pytest.raises(ProteinTableError, match="is empty"):
            read_uniprot_tsv(tmp_path / "t.tsv")

    def test_missing_file(self, tmp_path):
        with pytest.raises(ProteinTableError, match="does not exist"):
            read_uniprot_tsv(tmp_path / "none.tsv")

    def test_truncated_gzip(self, tmp_path):
        rows = "".join(f"P{i}\tMKTAYIAKQR\n" for i in range(2000))
        content = gzip.compress(("Entry\tSequence\n" + rows).encode())
        (tmp_path / "t.tsv.gz").write_bytes(content[: len(content) // 2])
        with pytest.raises(ProteinTableError, match="cut off"):
            read_uniprot_tsv(tmp_path / "t.tsv.gz")

    def test_not_gzip(self, tmp_path):
        (tmp_path / "t.tsv.gz").write_text("Entry\tSequence\nP1\tMK\n")
        with pytest.raises(ProteinTableError, match="not a sound gzip file"):
            read_uniprot_tsv(tmp_path / "t.tsv.gz")

    def test_not_utf8(self, tmp_path):
        (tmp_path / "t.tsv").write_bytes(b"Entry\tSequence\nP1\tMK\nP\xe9\tMK\n")
        with pytest.raises(ProteinTableError, match="line 3: not UTF-8"):
            read_uniprot_tsv(tmp_path / "t.tsv")
