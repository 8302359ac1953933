import logging

import pandas as pd
import pytest

from plmscope import proteins as pr
from plmscope.pipelines.ingestion import nodes


@pytest.fixture
def cells():
    """Two proteins; one feature is outside its sequence, one sequence holds a gap."""
    return pr.UniprotCells(
        "table.tsv",
        pd.DataFrame(
            {
                "Entry": ["P1", "P2"],
                "Sequence": ["MKTAYIAKQR", "MK-A"],
                "Helix": ["HELIX 1..4; HELIX 9..12", "HELIX 1..2"],
            },
            index=[2, 3],
        ),
    )


def parse(cells, settings=None):
    entries = pr.empty_swissprot_entries()
    return nodes.parse_uniprot_table(cells, entries, settings or pr.IngestionSettings())


class TestSelectProteins:
    def test_keeps_the_rejects_of_the_fasta_file(self, cells, tmp_path):
        parsed, _, _ = parse(cells)
        (tmp_path / "c.fasta").write_text(">C1\n>C2\nMKT\n")
        corpus = pr.FastaFile(tmp_path / "c.fasta")
        reject = (str(tmp_path / "c.fasta"), 1, "C1", "sequence", "", "no sequence")
        _, rejects = nodes.select_proteins(parsed, corpus, pr.IngestionSettings())
        assert rejects.to_numpy().tolist() == [list(reject)]

    def test_nothing_left(self, cells):
        parsed, _, _ = parse(cells)
        reason = r"No protein is left of 1: 1 were rejected for: shorter than min_length \(100\)"
        with pytest.raises(pr.ProteinTableError, match=reason):
            nodes.select_proteins(parsed, pr.FastaFile(None), pr.IngestionSettings(min_length=100))

    def test_a_corpus_of_which_nothing_is_left(self, cells, tmp_path):
        """Regression: the table went on alone, without a word about the corpus."""
        (tmp_path / "c.fasta").write_text(">C1\nM-K\n>C2\n\n>C3\nM*K\n")
        reason = "left of 3: 2 were rejected for: a character that is no amino acid, the first in"
        with pytest.raises(pr.ProteinTableError, match=reason):
            nodes.select_proteins(
                parse(cells)[0], pr.FastaFile(tmp_path / "c.fasta"), pr.IngestionSettings()
            )


class TestFlatFile:
    ENTRY = (
        "ID   AB_HUMAN                Reviewed;          10 AA.\nAC   {accession};\n"
        "OS   Homo sapiens (Human).\nFT   SIGNAL          1..5\n"
        "SQ   SEQUENCE   10 AA;  1000 MW;  0123456789ABCDEF CRC64;\n     MKTAYIAKQR\n//\n"
    )

    def test_is_read_in_place_of_the_table(self, tmp_path):
        path = tmp_path / "two.dat"
        path.write_text(self.ENTRY.format(accession="P1") + self.ENTRY.format(accession="P3"))
        proteins, annotations, rejects = nodes.parse_uniprot_table(
            pr.empty_uniprot_cells(), pr.read_swissprot_entries(path), pr.IngestionSettings()
        )
        assert proteins["accession"].tolist() == ["P1", "P3"]
        assert annotations["concept"].tolist() == ["Signal peptide"] * 2
        assert rejects.empty


class TestGatherRejects:
    def test_tells_proteins_from_features(self, cells):
        _, _, rejects = parse(cells)
        none = rejects.iloc[:0]
        proteins, annotations = nodes.gather_rejects(rejects, none, none)
        assert proteins[["accession", "field", "value"]].to_numpy().tolist() == [
            ["P2", "Sequence", "- at 3"]
        ]
        assert annotations[["accession", "field", "value"]].to_numpy().tolist() == [
            ["P1", "Helix", "9..12"]
        ]


class TestKeepAnnotations:
    def test_of_the_proteins_kept(self, cells):
        parsed, annotations, _ = parse(cells)
        assert len(nodes.keep_annotations(annotations, parsed)) == 1
        assert nodes.keep_annotations(annotations, parsed.iloc[:0]).empty


@pytest.fixture
def twins():
    """Proteins of low complexity, as a reader gives them: two twins and another."""
    first, second = "M" + "QQQQQQQQPQQQQQ" * 6, "M" + "QQQQQQHQQQQQQQQQ" * 5
    cells = pd.DataFrame({"Entry": ["P1", "P2", "P3"], "Sequence": [first, second, first]})
    return pr.parse_uniprot_cells(pr.UniprotCells("table.tsv", cells)).proteins


class TestNucleotides:
    CODING = "ATGGCTGTTCACTCCGTGCAAGGGCGGATAA" * 3

    def test_a_table_of_them_stops_unless_they_are_wanted(self, cells):
        table = cells._replace(cells=cells.cells.assign(Sequence=self.CODING))
        with pytest.raises(pr.ProteinTableError, match=r"table.tsv, line 2: nucleotides\?"):
            parse(table)
        assert len(parse(table, pr.IngestionSettings(allow_nucleotides=True))[0]) == 2

    def test_single_ones_are_told(self, cells, tmp_path, caplog):
        path = tmp_path / "c.fasta"
        path.write_text(f">p\nMKTAYIAKQR\n>n\n{self.CODING}\n")
        selected, _ = nodes.select_proteins(
            parse(cells)[0], pr.FastaFile(path), pr.IngestionSettings()
        )
        assert "n" in set(selected["accession"])
        assert "1 of 2 sequences look like nucleotides" in caplog.text


class TestNoConcept:
    def test_is_told_with_the_commonest_reason(self, cells, caplog):
        proteins, annotations, _ = parse(cells)
        proteins = proteins.assign(split="valid")
        concepts = nodes.tabulate_concepts(annotations, proteins, pr.ConceptSettings())
        assert not concepts["kept"].any()
        assert "for 1 of them: 1 instances in valid, 10 needed" in caplog.text

    def test_no_annotation_at_all_is_told(self, cells, caplog):
        proteins, annotations, _ = parse(cells)
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

    def test_are_not_told_where_there_are_none(self, cells, caplog):
        proteins = parse(cells)[0]
        sequence = "MSYKDVWTHGAPLRENCIQFMSKYDVTWHGPALERNICQF"
        nodes.cluster_proteins(proteins.assign(sequence=sequence), pr.HomologySettings())
        assert "cannot judge" not in caplog.text


class TestGivenSplits:
    def test_are_read_from_the_column_that_is_set(self, cells):
        settings = pr.IngestionSettings(split_column="part")
        table = cells._replace(cells=cells.cells.assign(part=["test", "train"]))
        assert parse(table, settings)[0]["split"].tolist() == ["test"]
