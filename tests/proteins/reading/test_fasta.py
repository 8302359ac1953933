import gzip

import numpy as np
import pandas as pd
import pytest
from pyarrow.lib import CompressedOutputStream

from plmscope.proteins import ProteinTableError, read_fasta
from plmscope.proteins.reading import fasta as reading
from plmscope.proteins.reading.seen import SeenAccessions


def fasta(tmp_path, text, name="corpus.fasta"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


class TestReadFasta:
    def test_takes_uniprot_headers_apart(self, tmp_path):
        header = ">sp|P01308|INS_HUMAN Insulin B OS=Homo sapiens OX=9606 GN=INS PE=1 SV=1"
        protein = read_fasta(fasta(tmp_path, f"{header}\nMALW\nMRLL\n")).proteins.iloc[0]
        assert protein[["accession", "entry_name", "protein_name"]].tolist() == [
            "P01308", "INS_HUMAN", "Insulin B",
        ]  # fmt: skip
        assert protein[["organism", "gene_names", "sequence"]].tolist() == [
            "Homo sapiens", "INS", "MALWMRLL",
        ]  # fmt: skip
        assert protein["origin"] == "corpus"

    def test_takes_any_name(self, tmp_path):
        assert (
            read_fasta(fasta(tmp_path, ">seq1 thing\nMK\n")).proteins["accession"].item() == "seq1"
        )

    def test_keeps_the_first_and_the_last_record(self, tmp_path):
        """Regression: sharding was off by one and lost proteins (docs/faults.md, fault 13)."""
        text = "".join(f">p{i}\nMK{'A' * i}\n" for i in range(5))
        tables = read_fasta(fasta(tmp_path, text.rstrip("\n"), "corpus.fasta.gz"))
        assert list(tables.proteins["accession"]) == [f"p{i}" for i in range(5)]
        assert list(tables.proteins["length"]) == [2, 3, 4, 5, 6]

    @pytest.mark.parametrize(
        ("record", "field", "reason"),
        [
            (">p2\n", "sequence", "no sequence"),
            (">\nMK\n", "header", "no name after >"),
            (">p2\nM-K\n", "sequence", "a character that is no amino acid"),
            (">p1\nMK\n", "accession", "same accession as an earlier protein"),
        ],
    )
    def test_rejects_with_line_and_reason(self, tmp_path, record, field, reason):
        tables = read_fasta(fasta(tmp_path, f"\n>p1\nMK\n{record}>p3\nMK\n"))
        assert list(tables.proteins["accession"]) == ["p1", "p3"]
        reject = tables.rejects.iloc[0]
        assert (reject["line"], reject["field"], reject["reason"]) == (4, field, reason)

    def test_text_before_the_first_header(self, tmp_path):
        with pytest.raises(ProteinTableError, match='line 1: "MKTA" stands before'):
            read_fasta(fasta(tmp_path, "MKTA\n>p1\nMK\n"))

    def test_no_record(self, tmp_path):
        with pytest.raises(ProteinTableError, match="no FASTA record"):
            read_fasta(fasta(tmp_path, "\n\n"))


class TestNames:
    """Only UniProt's sp| and tr| name the accession in the second field."""

    @pytest.mark.parametrize(
        ("header", "accession", "entry_name"),
        [
            ("sp|P01308|INS_HUMAN Insulin", "P01308", "INS_HUMAN"),
            ("tr|A0A1|A0A1_HUMAN", "A0A1", "A0A1_HUMAN"),
            ("sp|P01308-2|INS_HUMAN Isoform 2", "P01308-2", "INS_HUMAN"),
            ("sp|P01308", "P01308", ""),
            ("pdb|1ABC|A Chain A", "pdb|1ABC|A", ""),
            ("gi|123|ref|NP_000198.1| insulin", "gi|123|ref|NP_000198.1|", ""),
            ("1ABC_1|Chains A, B|INSULIN", "1ABC_1|Chains", ""),
            ("UniRef50_P01308 Insulin n=1 Tax=Homo", "UniRef50_P01308", ""),
            ("SP|P01308|INS_HUMAN", "P01308", "INS_HUMAN"),
            ("a/b c", "a/b", ""),
            (" name\tafter a tab", "name", ""),
            ("NP_1.1 one\x01NP_2.1 two", "NP_1.1", ""),
        ],
    )
    def test_of_all_banks(self, tmp_path, header, accession, entry_name):
        protein = read_fasta(fasta(tmp_path, f">{header}\nMK\n")).proteins.iloc[0]
        assert protein[["accession", "entry_name"]].tolist() == [accession, entry_name]

    def test_chains_of_the_pdb_stay_apart(self, tmp_path):
        """Regression: "1ABC" for every chain, of which all but one were rejected."""
        text = "".join(f">pdb|{pdb}|{c}\nMK{c}\n" for pdb in ("1ABC", "2XYZ") for c in "ACD")
        tables = read_fasta(fasta(tmp_path, text))
        assert tables.proteins["accession"].nunique() == 6
        assert tables.rejects.empty

    def test_a_shared_first_word_is_no_name_of_its_own(self, tmp_path, caplog):
        """Regression: "protein 2" was rejected as a second "protein"."""
        text = ">protein 1\nMK\n>protein 2\nMR\n>protein 3\nMW\n>protein 2\nMH\n>protein 1\nMK\n"
        tables = read_fasta(fasta(tmp_path, text))
        assert tables.proteins["accession"].tolist() == ["protein", "protein_2", "protein_3"]
        assert tables.rejects["line"].tolist() == [7, 9]
        assert "2 of 5 proteins are left out" in caplog.text

    def test_two_versions_of_a_uniprot_entry_are_one(self, tmp_path, caplog):
        text = ">sp|P1|A_X one\nMK\n>sp|P1|A_X two\nMR\n"
        assert len(read_fasta(fasta(tmp_path, text)).proteins) == 1
        assert "the first is P1 in line 3" in caplog.text

    def test_comments_are_none(self, tmp_path):
        tables = read_fasta(fasta(tmp_path, "; made by hand\n>p1\n; a comment\nMK\n"))
        assert tables.proteins["sequence"].tolist() == ["MK"]

    def test_a_description_of_pir_is_not_read_as_residues(self, tmp_path):
        """Regression: "ALPHA CRYSTALLIN" became part of the sequence."""
        text = ">P1;CRAB_ANAPL\nALPHA CRYSTALLIN\nMDITIHNPLI\n*\n"
        with pytest.raises(ProteinTableError, match=r"line 1: .* is a header of the PIR format"):
            read_fasta(fasta(tmp_path, text))

    def test_a_repeated_name_with_another_sequence_is_told_as_such(self, tmp_path):
        tables = read_fasta(fasta(tmp_path, ">sp|P1|A\nMK\n>sp|P1|A\nMR\n>sp|P1|A\nMK\n"))
        assert tables.rejects["reason"].tolist() == [
            "same accession as an earlier protein, with another sequence",
            "same accession as an earlier protein",
        ]


class TestInPieces:
    RECORDS = (
        ">sp|P1|A\nMK\n>chain 1\nMKT\n>chain 2\nMKV\n>chain 2\nMKV\n>x\nM-K\n>sp|P1|A\nMR\n"
        ">chain 1\nMKT\n>\nMK\n>y\nmk*\n>chain 3\nMKV\n"
    )

    @pytest.mark.parametrize("at_once", [1, 2, 3])
    def test_gives_what_the_whole_gives(self, tmp_path, monkeypatch, at_once):
        path = fasta(tmp_path, self.RECORDS)
        whole = read_fasta(path)
        monkeypatch.setattr(reading, "RECORDS_AT_ONCE", at_once)
        for piece, table in zip(read_fasta(path), whole, strict=True):
            pd.testing.assert_frame_equal(piece, table)
        assert whole.proteins["accession"].tolist() == ["P1", "chain", "chain_2", "y", "chain_3"]
        assert whole.rejects["line"].tolist() == [7, 9, 11, 13, 15]

    @pytest.mark.parametrize("end", [None, -9])
    def test_zstd(self, tmp_path, end):
        path = tmp_path / "corpus.fasta"
        with CompressedOutputStream(str(path), "zstd") as file:
            file.write(b">p1\nMKT\n" + b">p2\nMKV\n" * 50)
        path.write_bytes(path.read_bytes()[:end])
        if end is None:
            assert read_fasta(path).proteins["accession"].tolist() == ["p1", "p2"]
        else:
            with pytest.raises(ProteinTableError, match="not a sound zstd file"):
                read_fasta(path)


class TestSeenAccessions:
    def test_knows_what_a_dictionary_knows(self):
        rng = np.random.default_rng(0)
        seen, known = SeenAccessions(), {}
        for _ in range(30):
            asked = [f"A{number}" for number in rng.integers(0, 300, 40)]
            assert seen.find(asked) == [known.get(name) for name in asked]
            new = {name: int(rng.integers(1 << 40)) for name in asked if name not in known}
            known |= new
            seen.add({hash(name): value for name, value in new.items()})
