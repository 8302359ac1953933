"""A corpus that is trained on and never stored; later stages read a store of the others."""

import pandas as pd
import pytest

from plmscope.activations import ActivationStore
from plmscope.activations.store.manifest import ActivationStoreError
from plmscope.disk.versions import newest
from plmscope.proteins import hash_of_accessions
from plmscope.saes import load_sae

CORPUS = {"X1": "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQ", "X2": "MAGWSCLVTG" * 8}


@pytest.fixture(scope="module")
def root(kedro_run, tmp_path_factory):
    root = tmp_path_factory.mktemp("online")
    fasta = root / "corpus.fasta"
    fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in CORPUS.items()))
    stages = ["ingestion", "embedding", "online_training", "concept_analysis"]
    kedro_run(root, stages, corpus_fasta=str(fasta), embedding={"corpus": False})
    return root


class TestOnlineTraining:
    def test_trains_on_the_corpus_which_is_not_stored(self, root):
        proteins = pd.read_parquet(root / "03_primary/proteins.parquet")
        store = ActivationStore.open_current(root / "04_feature/tiny/activations", layer=2)
        annotated = proteins.loc[proteins["origin"] == "annotated", "accession"]
        assert store.accessions == annotated.tolist()
        assert len(annotated) == len(proteins) - len(CORPUS)
        known = load_sae(newest(root / "06_models/tiny/layer_2/default/sae")).provenance
        train = proteins.loc[proteins["split"] == "train", "accession"]
        assert set(CORPUS) <= set(train)
        assert known.split_hash == hash_of_accessions(train)

    def test_is_held_against_annotations_as_ever(self, root):
        report = root / "08_reporting/tiny/layer_2/default/concept_report.parquet"
        assert len(pd.read_parquet(newest(report)))

    def test_a_store_without_the_corpus_sends_here(self, kedro_run, root):
        with pytest.raises(ActivationStoreError, match="train with kedro run --pipelines online"):
            kedro_run(root, ["sae_training"], search={"n_trials": 0}, embedding={"corpus": False})
