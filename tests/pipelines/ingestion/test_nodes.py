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
