from dataclasses import replace

import pandas as pd
import pytest
import torch

from plmscope.activations import ActivationStore, EmbeddingSettings, embedding_job, write_store
from plmscope.plms import PlmError, load_plm


@pytest.fixture(scope="module")
def plm(project):
    return load_plm(str(project / "tests/data/tiny_plm"))


@pytest.fixture
def proteins():
    sequences = {"P1": "MKTAYIAKQR", "P2": "MAGW", "P3": "MSTNPKPQRKTKRNTNRRPQDVKF", "P4": "MV"}
    return pd.DataFrame({"accession": sequences.keys(), "sequence": sequences.values()})


SETTINGS = EmbeddingSettings(layers=(1, 2), max_tokens=20, shard_residues=12)


class TestEmbeddingJob:
    def test_store_holds_what_the_plm_says(self, tmp_path, plm, proteins):
        folders = write_store(tmp_path, embedding_job(proteins, plm, SETTINGS))
        for layer, folder in folders.items():
            store = ActivationStore.open(folder)
            assert store.manifest.plm_id == "tiny_plm"
            assert store.manifest.layer == layer
            assert len(store.manifest.shards) == 3
            for row in proteins.itertuples():
                (expected,) = plm.embed([row.sequence], [layer])
                found = store.protein(row.accession)
                torch.testing.assert_close(found, expected[layer], atol=1e-5, rtol=1e-5)

    def test_content_follows_proteins_and_weights_but_not_batching(self, plm, proteins):
        original = embedding_job(proteins, plm, SETTINGS).content_hash(1)
        batched = SETTINGS.model_copy(update={"max_tokens": 99})
        assert embedding_job(proteins, plm, batched).content_hash(1) == original
        assert embedding_job(proteins.iloc[:3], plm, SETTINGS).content_hash(1) != original
        changed = replace(embedding_job(proteins, plm, SETTINGS), plm_revision="sha256:other")
        assert changed.content_hash(1) != original

    def test_impossible_requests_fail_before_anything_is_computed(self, plm, proteins):
        with pytest.raises(PlmError, match="layers 0 to 3"):
            embedding_job(proteins, plm, SETTINGS.model_copy(update={"layers": (9,)}))
        proteins.loc[1, "sequence"] = "M" * 2000
        with pytest.raises(PlmError, match="has 2000"):
            embedding_job(proteins, plm, SETTINGS)
