"""The pipeline as it is wired, on the tiny table and a small corpus."""

import json

import pandas as pd
import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from plmscope import proteins as pr
from plmscope.datasets.fasta import FastaDataset
from plmscope.datasets.uniprot_table import UniprotTableDataset
from plmscope.pipelines.ingestion import create_pipeline
from plmscope.settings import CONFIG_LOADER_ARGS

SETTINGS = {
    "ingestion": pr.IngestionSettings,
    "homology": pr.HomologySettings,
    "splits": pr.SplitSettings,
    "concept_choice": pr.ConceptSettings,
}


@pytest.fixture(scope="module")
def tiny_table(project):
    return project / "tests/data/human_swissprot_tiny.tsv"


@pytest.fixture(scope="module")
def run_ingestion(project, tmp_path_factory):
    """Run the pipeline with the test environment's catalog and settings on given files."""

    def run(uniprot_table, corpus_fasta=None):
        root = tmp_path_factory.mktemp("data")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
            config = OmegaConfigLoader(str(project / "conf"), env="test", **CONFIG_LOADER_ARGS)
            entries, parameters = config["catalog"], config["parameters"]
        pipeline = create_pipeline()
        catalog = DataCatalog.from_config(
            {name: entries[name] for name in pipeline.datasets() if name in entries}
        )
        catalog["uniprot_table"] = UniprotTableDataset(filepath=uniprot_table)
        catalog["corpus_fasta"] = FastaDataset(filepath=corpus_fasta)
        for group, settings in SETTINGS.items():
            catalog[f"params:{group}"] = settings(**parameters[group])
        SequentialRunner().run(pipeline, catalog)
        return catalog

    return run


@pytest.fixture(scope="module")
def outputs(run_ingestion, tiny_table, tmp_path_factory):
    """A run whose corpus is the table's own proteins under other names, and one of its own."""
    proteins = pr.read_uniprot_tsv(tiny_table).proteins
    corpus = tmp_path_factory.mktemp("corpus") / "corpus.fasta"
    copies = [f">C{row.accession}\n{row.sequence}\n" for row in proteins.itertuples()]
    corpus.write_text("".join([*copies, ">alone\n" + "MGSDKIHHHHHHENLYFQG" * 3 + "\n", ">none\n"]))
    return run_ingestion(str(tiny_table), str(corpus))


class TestOutputs:
    def test_all_splits_carry_annotations(self, outputs):
        annotated = outputs.load("annotations").merge(outputs.load("proteins"), on="accession")
        assert set(annotated["split"]) == {"train", "valid", "test"}

    def test_tables_have_their_columns(self, outputs):
        assert tuple(outputs.load("proteins").columns) == pr.PROTEIN_COLUMNS
        assert list(outputs.load("rejected_proteins").columns) == [
            "file", "line", "accession", "field", "value", "reason",
        ]  # fmt: skip

    def test_every_annotation_lies_within_its_protein(self, outputs):
        """Regression: out-of-range instances counted as positives (interplm.md, fault 14)."""
        rows = outputs.load("annotations").merge(outputs.load("proteins"), on="accession")
        assert (rows["start"] >= 1).all()
        assert (rows["end"] <= rows["length"]).all()
        assert (rows["sequence"].str.len() == rows["length"]).all()

    def test_concepts_are_those_of_the_annotations(self, outputs):
        """Regression: a stale list of concept names beside new labels (interplm.md, fault 12)."""
        concepts = outputs.load("concepts")["concept"]
        assert list(concepts) == sorted(set(outputs.load("annotations")["concept"]))

    def test_no_homologue_of_a_held_out_protein_trains(self, outputs):
        """Regression: homologues on both sides of the split (interplm.md, fault 6)."""
        proteins = outputs.load("proteins").set_index("accession")
        rejected = outputs.load("rejected_proteins").set_index("accession")["reason"]
        held_out = proteins.index[proteins["split"] != "train"]
        assert (rejected["C" + held_out] == "homologous to a held-out protein").all()
        assert proteins.loc["alone", ["split", "origin"]].tolist() == ["train", "corpus"]
        assert outputs.load("leakage_audit")["above_cut"].sum() == 0

    def test_the_report_accounts_for_every_protein(self, outputs):
        report = outputs.load("ingestion_report")
        assert report["proteins"]["read"] == 60 + 62
        assert report["proteins"]["rejected"]["no sequence"] == 1
        assert (
            report["proteins"]["kept"] + sum(report["proteins"]["rejected"].values())
            == report["proteins"]["read"]
        )
        json.dumps(report, allow_nan=False)

    def test_a_second_run_gives_the_same(self, outputs, run_ingestion, tiny_table):
        again = run_ingestion(str(tiny_table))
        first = outputs.load("proteins").query("origin == 'annotated'").reset_index(drop=True)
        pd.testing.assert_frame_equal(again.load("proteins"), first)
        pd.testing.assert_frame_equal(again.load("concepts"), outputs.load("concepts"))


class TestCorpusAlone:
    def test_is_split(self, run_ingestion, tmp_path):
        corpus = tmp_path / "corpus.fasta"
        corpus.write_text("".join(f">p{i}\n{'MKTAYIAKQR'[i:] * 3}\n" for i in range(5)))
        proteins = run_ingestion(None, str(corpus)).load("proteins")
        assert len(proteins) == 5
        assert set(proteins["origin"]) == {"corpus"}
