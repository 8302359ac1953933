"""What is taken for nucleotides, and what is not."""

import random

import pandas as pd
import pytest

from plmscope.proteins import (
    ProteinTableError,
    check_nucleotides,
    look_like_nucleotides,
    read_fasta,
)

CODING = "".join(random.Random(0).choices("ACGT", k=90))
PROTEIN = "MWGDPQYQKIALIVQWVYVPYYSATTKCDDQMWPHGNELYRLNFLYCCAFWIHSHHNWGG"
PROTEINS = {
    "ordinary": PROTEIN,
    "very short": "GAT",
    "a peptide of bases": "ACGTACGT",
    "silk": "GAGAGSGAGAGSGAGAGSGAGAGY",
    "a repeat of two": "GA" * 40,
    "a repeat of three": "AGT" * 20,
    "antifreeze": "DTASDAAAAAAATAATAAAAAAAATAATAATAAAAAAAATAATAATAA",
    "glycine-rich": "MGAGAGTAGAGSAGAGTGAGAGAGAGAGTAGAGAG",
    "unknown": "N" * 40,
}
NUCLEOTIDES = {
    "coding": CODING,
    "RNA": CODING.replace("T", "U"),
    "runs of N": CODING[:40] + "N" * 60 + CODING[40:],
    "a few ambiguous": CODING + "RYK",
}


@pytest.mark.parametrize("kind", PROTEINS)
def test_proteins_are_not_taken_for_nucleotides(kind):
    assert not look_like_nucleotides(pd.Series([PROTEINS[kind]])).any()


@pytest.mark.parametrize("kind", NUCLEOTIDES)
def test_nucleotides_are_recognised(kind):
    assert look_like_nucleotides(pd.Series([NUCLEOTIDES[kind]])).all()


class TestCheck:
    def proteins(self, tmp_path, sequences):
        path = tmp_path / "cds.fasta"
        path.write_text("".join(f">p{i}\n{one}\n" for i, one in enumerate(sequences)))
        return read_fasta(path).proteins

    def test_a_file_of_them_names_place_and_remedy(self, tmp_path):
        """Regression: every record was embedded as a protein, without a word."""
        found = self.proteins(tmp_path, [PROTEIN, CODING, CODING.lower()])
        with pytest.raises(ProteinTableError, match=r"line 3: nucleotides\? 2 of 3") as error:
            check_nucleotides(found, allowed=False)
        assert "cds.fasta" in str(error.value)
        assert "ingestion.allow_nucleotides: true" in str(error.value)

    @pytest.mark.parametrize(
        ("sequences", "allowed"), [([PROTEIN, CODING], False), ([CODING, CODING], True)]
    )
    def test_single_ones_and_wanted_ones_are_told(self, tmp_path, caplog, sequences, allowed):
        check_nucleotides(self.proteins(tmp_path, sequences), allowed)
        assert "of 2 sequences look like nucleotides" in caplog.text

    def test_proteins_are_not(self, tmp_path, caplog):
        found = self.proteins(tmp_path, [PROTEIN])
        for proteins in (found, found.iloc[:0]):
            check_nucleotides(proteins, allowed=False)
        assert caplog.text == ""
