"""The pipeline as it is wired, on the tiny table and a small corpus."""

import json
import random
from typing import ClassVar

import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

from plmscope import proteins as pr
from plmscope.datasets.protein_files import CorpusDataset, UniprotTableDataset
from plmscope.pipelines.ingestion import create_pipeline
from plmscope.run.config_loader import LayeredConfigLoader
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
    """Run the pipeline with the test environment's catalog and settings on given files.

    Keywords change settings: splits={"train": 0}.
    """

    def run(uniprot_table, corpus_fasta=None, **changes):
        root = tmp_path_factory.mktemp("data")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
            config = LayeredConfigLoader(str(project / "conf"), env="test", **CONFIG_LOADER_ARGS)
            entries, parameters = config["catalog"], config["parameters"]
        pipeline = create_pipeline()
        catalog = DataCatalog.from_config(
            {name: entries[name] for name in pipeline.datasets() if name in entries}
        )
        catalog["uniprot_table"] = UniprotTableDataset(filepath=uniprot_table)
        catalog["corpus_fasta"] = CorpusDataset(filepath=corpus_fasta and str(corpus_fasta))
        for group, settings in SETTINGS.items():
            catalog[f"params:{group}"] = settings(**parameters[group] | changes.get(group, {}))
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
    def test_lie_under_the_temporary_root(self, outputs):
        """Regression: without the project's own loader, the tests wrote over data/."""
        path = str(outputs["proteins"]._describe()["filepath"])
        assert path.endswith("/03_primary/proteins.parquet")
        assert "/pytest-" in path

    def test_all_splits_carry_annotations(self, outputs):
        annotated = outputs.load("annotations").merge(outputs.load("proteins"), on="accession")
        assert set(annotated["split"]) == {"train", "valid", "test"}

    def test_tables_have_their_columns(self, outputs):
        assert tuple(outputs.load("proteins").columns) == pr.PROTEIN_COLUMNS
        assert list(outputs.load("rejected_proteins").columns) == [
            "file", "line", "accession", "field", "value", "reason",
        ]  # fmt: skip

    def test_every_annotation_lies_within_its_protein(self, outputs):
        """Regression: out-of-range instances counted as positives (docs/faults.md, fault 14)."""
        rows = outputs.load("annotations").merge(outputs.load("proteins"), on="accession")
        assert (rows["start"] >= 1).all()
        assert (rows["end"] <= rows["length"]).all()
        assert (rows["sequence"].str.len() == rows["length"]).all()

    def test_concepts_are_those_of_the_annotations(self, outputs):
        """Regression: a stale list of concept names beside new labels (fault 12)."""
        concepts = outputs.load("concepts")["concept"]
        assert list(concepts) == sorted(set(outputs.load("annotations")["concept"]))

    def test_no_homologue_of_a_held_out_protein_trains(self, outputs):
        """Regression: homologues on both sides of the split (docs/faults.md, fault 6)."""
        proteins = outputs.load("proteins").set_index("accession")
        rejected = outputs.load("rejected_proteins").set_index("accession")["reason"]
        held_out = proteins.index[proteins["split"] != "train"]
        reason = "same sequence as a held-out protein, or one is part of the other"
        assert (rejected["C" + held_out] == reason).all()
        assert proteins.loc["alone", ["split", "origin"]].tolist() == ["train", "corpus"]
        audit = outputs.load("leakage_audit")
        found = audit.loc[audit["above_threshold"], "train_accession"]
        assert (proteins.loc[found, "origin"] == "annotated").all()
        assert (rejected["C" + found] == "homologous to a held-out protein").all()

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
        letters = random.Random(0)
        sequences = ["".join(letters.choices("ACDEFGHIKLMNPQRSTVWY", k=60)) for _ in range(9)]
        corpus.write_text("".join(f">p{i}\n{one}\n" for i, one in enumerate(sequences)))
        outputs = run_ingestion(None, str(corpus))
        proteins = outputs.load("proteins")
        assert len(proteins) == 9
        assert set(proteins["origin"]) == {"corpus"}
        assert set(proteins["split"]) == {"train", "valid", "test"}
        assert outputs.load("concepts").empty

    def test_of_three_unrelated_proteins_is_split(self, run_ingestion, tmp_path):
        """Regression: an ordinary protein, a repeat and a peptide of three residues stopped."""
        corpus = tmp_path / "corpus.fasta"
        sequences = ["MWGDPQYQKIALIVQWVYVPYYSATTKCDD", "MGAGAGTAGAGSAGAGTGAGAGAGAGAGTAGAGAG", "GAT"]
        corpus.write_text("".join(f">p{i}\n{one}\n" for i, one in enumerate(sequences)))
        proteins = run_ingestion(None, str(corpus)).load("proteins")
        assert sorted(proteins["split"]) == ["test", "train", "valid"]

    def test_of_one_family_has_nothing_to_hold_out(self, run_ingestion, tmp_path):
        """Regression: all were train, and a later stage failed for want of valid."""
        corpus = tmp_path / "corpus.fasta"
        corpus.write_text("".join(f">p{i}\n{'MKTAYIAKQR'[i:] * 3}\n" for i in range(5)))
        with pytest.raises(pr.ProteinTableError, match="No protein is in valid or test"):
            run_ingestion(None, str(corpus))


class TestTableOfTheOldSite:
    def test_gives_the_same_as_todays_export(self, run_ingestion, tiny_table, tmp_path):
        """Regression: 592 features were rejected, every name was lost, and the run ended well."""
        (tmp_path / "old.tsv").write_text(tiny_table.read_text().replace("; /", ";  /"))
        old, today = (run_ingestion(str(p)) for p in (tmp_path / "old.tsv", tiny_table))
        for name in ("annotations", "concepts"):
            pd.testing.assert_frame_equal(old.load(name), today.load(name))


def table_of(path, proteins, **columns):
    """A UniProtKB table without features, written from accession -> sequence."""
    cells = pd.DataFrame({"Entry": list(proteins), "Sequence": list(proteins.values())} | columns)
    cells.to_csv(path, sep="\t", index=False)
    return str(path)


@pytest.fixture(scope="module")
def low_complexity():
    """Five glutamine-rich proteins under three accessions each, which MMseqs2 cannot judge."""
    sequences = ["M" + ("Q" * (15 + i) + "PHEKR"[i]) * 4 for i in range(5)]
    return {f"Q{i}{j}": sequence for i, sequence in enumerate(sequences) for j in range(3)}


class TestTwins:
    @pytest.fixture(scope="class")
    def outputs(self, run_ingestion, low_complexity, tmp_path_factory):
        """A table of twins, and a corpus of the same and of parts of them."""
        folder = tmp_path_factory.mktemp("twins")
        corpus = "".join(
            f">C{accession}\n{sequence}\n>D{accession}\n{sequence[3:40]}\n"
            for accession, sequence in low_complexity.items()
        )
        (folder / "corpus.fasta").write_text(corpus)
        table = table_of(folder / "table.tsv", low_complexity)
        return run_ingestion(table, str(folder / "corpus.fasta"))

    def test_share_cluster_and_split(self, outputs):
        """Regression: MMseqs2 does not find them, and they lay in train, valid and test."""
        proteins = outputs.load("proteins").query("origin == 'annotated'")
        assert len(proteins[["sequence", "cluster", "split"]].drop_duplicates()) == 5
        assert set(proteins["split"]) == {"train", "valid", "test"}

    def test_no_copy_or_part_of_a_held_out_one_trains(self, outputs):
        proteins = outputs.load("proteins")
        train = proteins.loc[proteins["split"] == "train", "sequence"]
        held_out = proteins.loc[proteins["split"] != "train", "sequence"]
        assert len(train) == 3 * 3 * 3
        assert not any(one in other or other in one for one in train for other in held_out)

    def test_the_report_says_how_many_mmseqs_cannot_judge(self, outputs):
        leakage = outputs.load("ingestion_report")["leakage"]
        counts = {"fraction_above_threshold": 0, "fraction_with_any_hit": 0, "n_not_judged": 3}
        assert leakage == {"valid": counts, "test": counts}
        assert outputs.load("protein_clusters")["judged"].sum() == 30  # the corpus is not searched


class TestGivenSplits:
    def test_are_kept_and_their_twins_counted(self, run_ingestion, low_complexity, tmp_path):
        splits = ["train", "valid", "test"] * 5
        path = table_of(tmp_path / "table.tsv", low_complexity, half=splits)
        outputs = run_ingestion(path, ingestion={"split_column": "half"})
        proteins = outputs.load("proteins")
        assert tuple(proteins.columns) == pr.PROTEIN_COLUMNS
        assert proteins["split"].tolist() == splits
        leakage = outputs.load("ingestion_report")["leakage"]
        assert (
            leakage["valid"]["fraction_above_threshold"]
            == leakage["test"]["fraction_above_threshold"]
            == 1
        )
        audit = outputs.load("leakage_audit").set_index("accession")["train_accession"]
        assert audit["Q11"] == audit["Q12"] == "Q10"


class TestTrainOfTheCorpusAlone:
    SPLITS: ClassVar = {"train": 0, "valid": 0.5, "test": 0.5}

    def test_holds_the_whole_table_out(self, run_ingestion, tiny_table, tmp_path):
        corpus = tmp_path / "corpus.fasta"
        corpus.write_text(">alone\n" + "MGSDKIHHHHHHENLYFQG" * 3 + "\n")
        outputs = run_ingestion(str(tiny_table), str(corpus), splits=self.SPLITS)
        sizes = outputs.load("proteins").groupby("origin")["split"].value_counts()
        assert sizes["corpus"].to_dict() == {"train": 1}
        assert sizes["annotated"].to_dict() == {"valid": 30, "test": 30}
        assert len(outputs.load("leakage_audit")) == 60

    def test_stops_without_a_corpus(self, run_ingestion, tiny_table):
        with pytest.raises(pr.ProteinTableError, match="No protein would be in train"):
            run_ingestion(str(tiny_table), splits=self.SPLITS)
