import gzip

import pytest

from plmscope.proteins import ProteinTableError, read_fasta


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
        """Regression: sharding was off by one and lost proteins (interplm.md, fault 13)."""
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
            (">p1\nMKK\n", "accession", "same accession as an earlier protein"),
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
