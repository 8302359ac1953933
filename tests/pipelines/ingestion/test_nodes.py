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


class TestSelectProteins:
    def test_keeps_the_rejects_of_the_fasta_file(self, cells):
        parsed, _, _ = nodes.parse_uniprot_table(cells, pr.IngestionSettings())
        corpus = pr.empty_protein_tables()
        reject = ("c.fasta", 1, "C1", "sequence", "", "no sequence")
        corpus.rejects.loc[0] = reject
        _, rejects = nodes.select_proteins(parsed, corpus, pr.IngestionSettings())
        assert rejects.to_numpy().tolist() == [list(reject)]

    def test_nothing_left(self, cells):
        parsed, _, _ = nodes.parse_uniprot_table(cells, pr.IngestionSettings())
        with pytest.raises(pr.ProteinTableError, match="No protein is left"):
            nodes.select_proteins(
                parsed, pr.empty_protein_tables(), pr.IngestionSettings(min_length=100)
            )


class TestGatherRejects:
    def test_tells_proteins_from_features(self, cells):
        _, _, rejects = nodes.parse_uniprot_table(cells, pr.IngestionSettings())
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
        parsed, annotations, _ = nodes.parse_uniprot_table(cells, pr.IngestionSettings())
        assert len(nodes.keep_annotations(annotations, parsed)) == 1
        assert nodes.keep_annotations(annotations, parsed.iloc[:0]).empty


@pytest.fixture
def twins():
    """Proteins of low complexity, as a reader gives them: two twins and another."""
    first, second = "M" + "QQQQQQQQPQQQQQ" * 6, "M" + "QQQQQQHQQQQQQQQQ" * 5
    cells = pd.DataFrame({"Entry": ["P1", "P2", "P3"], "Sequence": [first, second, first]})
    return pr.parse_uniprot_cells(pr.UniprotCells("table.tsv", cells)).proteins


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
        assert audit["above_cut"].tolist() == [False, True]
        assert "1 of 2 held-out proteins have a hit in train above the cut" in caplog.text
        assert "cannot judge 2 held-out proteins" in caplog.text

    def test_are_not_told_where_there_are_none(self, cells, caplog):
        proteins = nodes.parse_uniprot_table(cells, pr.IngestionSettings())[0]
        sequence = "MSYKDVWTHGAPLRENCIQFMSKYDVTWHGPALERNICQF"
        nodes.cluster_proteins(proteins.assign(sequence=sequence), pr.HomologySettings())
        assert "cannot judge" not in caplog.text


class TestGivenSplits:
    def test_are_read_from_the_column_that_is_set(self, cells):
        settings = pr.IngestionSettings(split_column="part")
        table = cells._replace(cells=cells.cells.assign(part=["test", "train"]))
        assert nodes.parse_uniprot_table(table, settings)[0]["split"].tolist() == ["test"]
