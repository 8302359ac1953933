import logging

import pandas as pd
import pytest

from plmscope import proteins as pr
from plmscope.pipelines.ingestion import nodes


@pytest.fixture
def write_table(tmp_path):
    """A UniProtKB table of these columns, not read yet."""

    def write(**columns):
        path = tmp_path / "table.tsv"
        pd.DataFrame(columns).to_csv(path, sep="\t", index=False)
        return pr.UniprotTable(path)

    return write


@pytest.fixture
def table(write_table):
    """Two proteins; one feature is outside its sequence, one sequence holds a gap."""
    return write_table(**CELLS)


CELLS = {
    "Entry": ["P1", "P2"],
    "Sequence": ["MKTAYIAKQR", "MK-A"],
    "Helix": ["HELIX 1..4; HELIX 9..12", "HELIX 1..2"],
}


def select(table, corpus=None, **settings):
    """The four tables of the node, from a table and the path of a corpus."""
    return nodes.select_proteins(
        table, pr.SwissprotFlat(None), pr.FastaFile(corpus), pr.IngestionSettings(**settings)
    )


class TestSelectProteins:
    def test_tells_proteins_from_features(self, table):
        proteins, annotations, rejects, rejected_features = select(table)
        assert proteins["accession"].tolist() == ["P1"]
        assert annotations["concept"].tolist() == ["Helix"]
        assert rejects[["accession", "field", "value"]].to_numpy().tolist() == [
            ["P2", "Sequence", "- at 3"]
        ]
        assert rejected_features[["accession", "field", "value"]].to_numpy().tolist() == [
            ["P1", "Helix", "9..12"]
        ]

    def test_keeps_the_rejects_of_the_fasta_file(self, table, tmp_path):
        """Regression: an accession of the table in the corpus ended the run with a ValueError."""
        path = tmp_path / "c.fasta"
        path.write_text(">C1\n>P1\nMKT\n>C2\nMKT\n")
        proteins, _, rejects, _ = select(table, path)
        assert proteins["accession"].tolist() == ["C2", "P1"]
        again = "same accession as an earlier protein"
        assert rejects.to_numpy().tolist()[1:] == [
            [str(path), 1, "C1", "sequence", "", "no sequence"],
            [str(path), 2, "P1", "accession", "P1", again],
        ]

    def test_annotations_of_proteins_that_are_not_wanted_go_with_them(self, write_table):
        helices = [f"HELIX 1..{i + 1}" for i in range(9)]
        names = [f"P{8 - i}" for i in range(9)]
        table = write_table(Entry=names, Sequence=["MKTAYIAKQR"] * 9, Helix=helices)
        proteins, annotations, *_ = select(table, n_annotated=4, exclude=("P3",))
        assert len(proteins) == 4
        assert annotations["accession"].tolist() == proteins["accession"].tolist()
        ends = dict(zip(names, range(1, 10), strict=True))
        assert annotations["end"].tolist() == proteins["accession"].map(ends).tolist()
        assert annotations["instance"].tolist() == [0, 1, 2, 3]

    def test_nothing_left(self, table):
        reason = r"No protein is left of 1: 1 were rejected for: shorter than min_length \(100\)"
        with pytest.raises(pr.ProteinTableError, match=reason):
            select(table, min_length=100)

    def test_a_corpus_of_which_nothing_is_left(self, table, tmp_path):
        """Regression: the table went on alone, without a word about the corpus."""
        (tmp_path / "c.fasta").write_text(">C1\nM-K\n>C2\n\n>C3\nM*K\n")
        reason = "left of 3: 2 were rejected for: a character that is no amino acid, the first in"
        with pytest.raises(pr.ProteinTableError, match=reason):
            select(table, tmp_path / "c.fasta")


class TestFlatFile:
    ENTRY = (
        "ID   AB_HUMAN                Reviewed;          10 AA.\nAC   {accession};\n"
        "OS   Homo sapiens (Human).\nFT   SIGNAL          1..5\n"
        "SQ   SEQUENCE   10 AA;  1000 MW;  0123456789ABCDEF CRC64;\n     MKTAYIAKQR\n//\n"
    )

    def test_is_read_in_place_of_the_table(self, tmp_path):
        path = tmp_path / "two.dat"
        path.write_text(self.ENTRY.format(accession="P1") + self.ENTRY.format(accession="P3"))
        proteins, annotations, rejects, _ = nodes.select_proteins(
            pr.UniprotTable(None),
            pr.SwissprotFlat(path),
            pr.FastaFile(None),
            pr.IngestionSettings(),
        )
        assert proteins["accession"].tolist() == ["P1", "P3"]
        assert annotations["concept"].tolist() == ["Signal peptide"] * 2
        assert rejects.empty


class TestKeepAnnotations:
    def test_of_the_proteins_kept(self, table):
        proteins, annotations, *_ = select(table)
        assert len(nodes.keep_annotations(annotations, proteins)) == 1
        assert nodes.keep_annotations(annotations, proteins.iloc[:0]).empty


@pytest.fixture
def twins(write_table):
    """Proteins of low complexity, as a reader gives them: two twins and another."""
    first, second = "M" + "QQQQQQQQPQQQQQ" * 6, "M" + "QQQQQQHQQQQQQQQQ" * 5
    table = write_table(Entry=["P1", "P2", "P3"], Sequence=[first, second, first])
    return select(table)[0]


class TestNucleotides:
    CODING = "ATGGCTGTTCACTCCGTGCAAGGGCGGATAA" * 3

    def test_a_table_of_them_stops_unless_they_are_wanted(self, write_table):
        table = write_table(**CELLS | {"Sequence": self.CODING})
        with pytest.raises(pr.ProteinTableError, match=r"table.tsv, line 2: nucleotides\?"):
            select(table)
        assert len(select(table, allow_nucleotides=True)[0]) == 2

    def test_single_ones_are_told(self, table, tmp_path, caplog):
        path = tmp_path / "c.fasta"
        path.write_text(f">p\nMKTAYIAKQR\n>n\n{self.CODING}\n")
        assert "n" in set(select(table, path)[0]["accession"])
        assert "1 of 2 sequences look like nucleotides" in caplog.text


class TestNoConcept:
    def test_is_told_with_the_commonest_reason(self, table, caplog):
        proteins, annotations, *_ = select(table)
        proteins = proteins.assign(split="valid")
        concepts = nodes.tabulate_concepts(annotations, proteins, pr.ConceptSettings())
        assert not concepts["kept"].any()
        assert "for 1 of them: 1 instances in valid, 10 needed" in caplog.text

    def test_no_annotation_at_all_is_told(self, table, caplog):
        proteins, annotations, *_ = select(table)
        nodes.tabulate_concepts(
            annotations.iloc[:0], proteins.assign(split="valid"), pr.ConceptSettings()
        )
        assert "There is no annotation" in caplog.text


class TestNotJudged:
    def test_are_told_by_the_clustering(self, twins, caplog):
        with caplog.at_level(logging.WARNING, nodes.__name__):
            clusters = nodes.cluster_proteins(twins, pr.HomologySettings())
        assert clusters["cluster"].tolist() == ["P1", "P2", "P1"]
        assert "cannot judge 3 proteins" in caplog.text

    def test_are_told_by_the_audit(self, twins, caplog):
        proteins = twins.assign(split=["train", "valid", "test"])
        with caplog.at_level(logging.INFO, nodes.__name__):
            audit = nodes.audit_leakage(proteins, pr.HomologySettings())
        assert audit["above_threshold"].tolist() == [False, True]
        assert "1 of 2 held-out proteins have a hit in train above the threshold" in caplog.text
        assert "cannot judge 2 held-out proteins" in caplog.text

    def test_are_not_told_where_there_are_none(self, table, caplog):
        proteins = select(table)[0]
        sequence = "MSYKDVWTHGAPLRENCIQFMSKYDVTWHGPALERNICQF"
        nodes.cluster_proteins(proteins.assign(sequence=sequence), pr.HomologySettings())
        assert "cannot judge" not in caplog.text


class TestGivenSplits:
    def test_are_read_from_the_column_that_is_set(self, write_table):
        table = write_table(**CELLS, part=["test", "train"])
        assert select(table, split_column="part")[0]["split"].tolist() == ["test"]
