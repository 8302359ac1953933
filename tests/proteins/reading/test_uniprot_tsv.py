import gzip
import io
import logging
import re

import pandas as pd
import pyarrow as pa
import pytest

from plmscope.proteins import ProteinTableError, read_uniprot_tsv
from plmscope.proteins.reading import rejects as reject_rows
from plmscope.proteins.reading import uniprot_pass

ROW = {"Entry": "P1", "Length": "20", "Sequence": "MKTAYIAKQRQISFVKSHFS"}

ONCE_PACKED = gzip.compress(b"Entry", mtime=0)


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
        """Regression: such a shard raised and went missing, exit code 0 (fault 19)."""
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


class TestInOnePass:
    @pytest.fixture
    def path(self, project, tmp_path):
        """A table as zstd: rows out of order, an accession again, a sequence that is none."""
        lines = (project / "tests/data/human_swissprot_tiny.tsv").read_text().splitlines()
        bad = [cell if i != 6 else "MK-" for i, cell in enumerate(lines[1].split("\t"))]
        rows = [*lines[:0:-1], lines[5], "\t".join(["P0", *bad[1:]])]
        with pa.CompressedOutputStream(str(tmp_path / "table.tsv.zst"), "zstd") as file:
            file.write(("\n".join([lines[0], *rows]) + "\n").encode())
        return tmp_path / "table.tsv.zst"

    def test_some_proteins_at_a_time_are_the_same_as_all(self, path, monkeypatch):
        whole = read_uniprot_tsv(path)
        monkeypatch.setattr(uniprot_pass, "PROTEINS_AT_ONCE", 7)
        for by_seven, at_once in zip(read_uniprot_tsv(path), whole, strict=True):
            pd.testing.assert_frame_equal(by_seven, at_once)
        assert len(whole.rejects) == 2

    def test_rejects_are_counted_and_not_held(self, write_tsv, monkeypatch):
        monkeypatch.setattr(reject_rows, "ROWS_PER_REASON", 2)
        bad = [ROW | {"Entry": f"P{i}", "Helix": "HELIX 500"} for i in range(4)]
        rejects = read_uniprot_tsv(write_tsv(*bad)).rejects
        assert rejects["value"].tolist() == ["500", "500", "2"]

    def test_a_split_that_is_wanting_far_from_the_others_is_told(self, write_tsv, monkeypatch):
        monkeypatch.setattr(uniprot_pass, "PROTEINS_AT_ONCE", 1)
        path = write_tsv(ROW | {"part": ""}, ROW | {"Entry": "P2", "part": "test"})
        with pytest.raises(ProteinTableError, match=r'line 2, column "part" of P1: "" is no split'):
            read_uniprot_tsv(path, split_column="part")


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
        reason = "same accession as an earlier protein, with another sequence"
        assert tables.rejects["reason"].tolist() == [reason]

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
        """Regression: position 0 wrote to the last residue (docs/faults.md, fault 14)."""
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
        """Regression: spaces, `*` and lower case shifted the labels (docs/faults.md, fault 7)."""
        row = ROW | {"Sequence": "mktayiakqr QISFVKSHFS*", "Active site": "ACT_SITE 11"}
        tables = read_uniprot_tsv(write_tsv(row))
        sequence = tables.proteins["sequence"].item()
        assert sequence[tables.annotations["start"].item() - 1] == "Q"
        assert len(sequence) == 20
        assert "lower case raised" in tables.proteins["repairs"].item()


class TestWhatIsTold:
    """What the table lacks is told before anything is computed."""

    @pytest.mark.parametrize("length", ["60.0", "20.5", "21", "twenty"])
    def test_all_rejected_names_the_commonest_reason(self, write_tsv, length):
        """Regression: the run ended with the choice by length, which was not the reason."""
        message = rf"No protein is left of 1: 1 were rejected for: Length.* line 2.*\({length}, fou"
        with pytest.raises(ProteinTableError, match=message):
            read_uniprot_tsv(write_tsv(ROW | {"Length": length}))

    @pytest.mark.parametrize("length", ["20.0", " 20", "", "2,0"])
    def test_lengths_that_are_plain(self, write_tsv, length):
        assert len(read_uniprot_tsv(write_tsv(ROW | {"Length": length})).proteins) == 1

    @pytest.mark.parametrize(
        ("columns", "told"),
        [({}, "there is no feature column"), ({"Helix": ""}, "the feature columns are all empty")],
    )
    def test_no_feature(self, write_tsv, caplog, columns, told):
        with caplog.at_level(logging.WARNING):
            read_uniprot_tsv(write_tsv(ROW | columns))
        assert told in caplog.text
        assert "Active site, Binding site" in caplog.text

    def test_features_are_not_told_missing_where_there_are_some(self, write_tsv, caplog):
        with caplog.at_level(logging.WARNING):
            read_uniprot_tsv(write_tsv(ROW | {"Helix": "HELIX 1..4"}))
        assert caplog.text == ""

    def test_a_column_in_another_syntax_stops_although_rejects_are_wanted(self, write_tsv):
        """Regression: 27 concepts became 9, and the run ended well."""
        cell = "; ".join(f"HELIX {i}-{i + 2}" for i in range(1, 9))
        path = write_tsv(ROW | {"Helix": cell, "Turn": "TURN 1..4"})
        message = '8 of 8 features in column "Helix" would be rejected, the first in line 2: "1-3"'
        with pytest.raises(ProteinTableError, match=message):
            read_uniprot_tsv(path, "reject", max_rejected_fraction=0.1)
        assert len(read_uniprot_tsv(path, "reject", max_rejected_fraction=1).rejects) == 8

    def test_features_of_other_sequences_stop(self, write_tsv):
        """Regression: six of six outside their sequence were left out without a word."""
        path = write_tsv(ROW | {"Helix": "; ".join(["HELIX 500..510"] * 6)})
        with pytest.raises(ProteinTableError, match=r"6 of 6 .* is outside the sequence"):
            read_uniprot_tsv(path, max_rejected_fraction=0.1)

    def test_repeated_accessions_are_told(self, write_tsv, caplog):
        read_uniprot_tsv(write_tsv(ROW, ROW, ROW | {"Sequence": "M" * 20}))
        assert "2 of 3 proteins are left out" in caplog.text
        assert "(1 have another sequence); the first is P1 in line 3" in caplog.text

    @pytest.mark.parametrize(
        ("cell", "told"),
        [
            ("ACT_SITE 5; /note=Proton donor", "a value that is not in quotes"),
            ('ACT_SITE 5; /note="Proton donor', "a quote that is not closed"),
            ("5 to 9", "not UniProtKB's syntax"),
            ("ACT_SITE 5x", "no position"),
        ],
    )
    def test_a_feature_that_cannot_be_read_is_not_placed_without_its_name(
        self, write_tsv, cell, told
    ):
        """Regression: it was placed as "Active site: any", and only the rest was rejected."""
        path = write_tsv(ROW | {"Active site": cell})
        assert read_uniprot_tsv(path, "reject").annotations.empty
        with pytest.raises(ProteinTableError, match=told):
            read_uniprot_tsv(path)

    def test_a_ligand_in_a_note_names_the_binding_site(self, write_tsv):
        """Regression: until 2022 it was there, and the name was lost without a word."""
        row = ROW | {"Binding site": 'BINDING 7;  /note="ATP; via amide";  /evidence="ECO:1"'}
        assert concepts_of(read_uniprot_tsv(write_tsv(row)))[0] == ("Binding site: ATP", 7, 7)

    def test_a_few_bad_features_do_not_stop(self, write_tsv):
        path = write_tsv(ROW | {"Helix": "HELIX 1-4", "Turn": "TURN 1..4"})
        assert len(read_uniprot_tsv(path, "reject", max_rejected_fraction=0.1).rejects) == 1


class TestErrors:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"PK\x03\x04rest", "is a zip archive or an Excel workbook"),
            (b"PAR1rest", "is a Parquet table"),
            (gzip.compress(b"PK\x03\x04rest", mtime=0), "is a zip archive"),
            (b"<!DOCTYPE html><html>", "it is HTML, XML or JSON"),
            (b'{"results": []}', "it is HTML, XML or JSON"),
            (b'[{"accession": "P1"}]', "it is HTML, XML or JSON"),
            (b"%PDF-1.4", "is a PDF document"),
            (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
            (
                gzip.compress(gzip.compress(b"Entry", mtime=0), mtime=0),
                "is gzip data within gzip data",
            ),
            (b"Entry,Sequence\nP1,MK\n", "with the columns Entry and Sequence, separated by tabs"),
        ],
    )
    def test_another_kind_of_file_is_told(self, tmp_path, content, told):
        (tmp_path / "t.tsv").write_bytes(content)
        with pytest.raises(ProteinTableError, match=told) as error:
            read_uniprot_tsv(tmp_path / "t.tsv")
        assert "t.tsv" in str(error.value)

    def test_a_folder(self, tmp_path):
        with pytest.raises(ProteinTableError, match="is a folder"):
            read_uniprot_tsv(tmp_path)

    def test_another_header_in_between(self, tmp_path):
        (tmp_path / "t.tsv").write_text("Entry\tSequence\nP1\tMK\nSequence\tEntry\nMK\tP2\n")
        with pytest.raises(ProteinTableError, match="line 3: a second header, with other columns"):
            read_uniprot_tsv(tmp_path / "t.tsv")

    def test_text_that_is_no_feature_is_told_as_such(self, write_tsv):
        with pytest.raises(ProteinTableError, match=r"is not UniProtKB's syntax"):
            read_uniprot_tsv(write_tsv(ROW | {"Helix": "1..4, 7..9"}))

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

    def test_gz_that_is_not_gzip_is_read(self, tmp_path):
        """Regression: the name decided, not the content."""
        (tmp_path / "t.tsv.gz").write_text("Entry\tSequence\nP1\tMK\n")
        assert len(read_uniprot_tsv(tmp_path / "t.tsv.gz").proteins) == 1

    def test_not_utf8(self, tmp_path):
        (tmp_path / "t.tsv").write_bytes(b"Entry\tSequence\nP1\tMK\nP\xe9\tMK\n")
        with pytest.raises(ProteinTableError, match="line 3: not UTF-8"):
            read_uniprot_tsv(tmp_path / "t.tsv")


WRITTEN = {
    "as today": lambda text: text,
    "two spaces before a qualifier, 2019 to 2022": lambda text: text.replace("; /", ";  /"),
    "no space before a qualifier": lambda text: text.replace("; /", ";/"),
    "quoted by pandas": lambda text: through_pandas(text),
    "quoted by R": lambda text: "\n".join(
        "\t".join('"' + cell.replace('"', '\\"') + '"' for cell in line.split("\t"))
        for line in text.splitlines()
    ),
    "Length as a float": lambda text: re.sub(r"(?m)^((?:[^\t]*\t){2})(\d+)\t", r"\1\2.0\t", text),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "line ends of old Macs": lambda text: text.replace("\n", "\r"),
    "byte order marks": lambda text: text.replace("\nP", "\n\ufeffP"),
    "header in between": lambda text: text.replace(
        "\nP", "\n" + text.partition("\n")[0] + "\nP", 3
    ),
    "trailing tabs": lambda text: text.replace("\n", "\t\t\n"),
    "a blank first line": lambda text: "\n" + text,
    "header in lower case in between": lambda text: text.replace(
        "\nP", f"\n{text.splitlines()[0].lower()}\nP", 3
    ),
    "a column of row numbers": lambda text: "\n".join(
        f"{number or ''}\t{line}" for number, line in enumerate(text.splitlines())
    ),
    "spaces around signs": lambda text: re.sub(r"; /(\w+)=", r" ; /\1 = ", text),
    "nan in empty cells": lambda text: re.sub(r"(?<=\t)(?=\t|\n)", "nan", text),
    "names of the old site": lambda text: text.replace("Entry Name", "Entry name", 1),
}


def through_pandas(text):
    return pd.read_csv(io.StringIO(text), sep="\t", dtype=str).to_csv(sep="\t", index=False)


class TestTablesAsPeopleHaveThem:
    @pytest.mark.parametrize("way", WRITTEN)
    @pytest.mark.parametrize("encoding", ["utf-8", "gzip without the suffix", "utf-16"])
    def test_are_read_as_todays_export(self, project, tmp_path, way, encoding):
        """Regression: names were lost, all proteins rejected, or the file refused."""
        tiny_table = project / "tests/data/human_swissprot_tiny.tsv"
        text = WRITTEN[way](tiny_table.read_text())
        path = tmp_path / "my table.tsv"
        path.write_bytes(
            gzip.compress(text.encode()) if encoding.startswith("gzip") else text.encode(encoding)
        )
        expected = read_uniprot_tsv(tiny_table)
        found = read_uniprot_tsv(path)
        columns = [name for name in expected.proteins if name not in ("file", "line")]
        pd.testing.assert_frame_equal(found.proteins[columns], expected.proteins[columns])
        pd.testing.assert_frame_equal(found.annotations, expected.annotations)
        assert len(found.rejects) == len(expected.rejects)
