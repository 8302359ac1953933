from dataclasses import replace

import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from plmscope.activations import (
    ActivationStore,
    ActivationStoreError,
    EmbeddingSettings,
    embedding_job,
    write_store,
)
from plmscope.executors import ExecutorSettings
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


class TestFailingPlm:
    """The proteins are embedded together, so that the PLM does not say which one is at fault."""

    @pytest.fixture
    def failing(self, plm, proteins, monkeypatch):
        """A job whose PLM raises an error for some sequences, or for several at once."""

        def make(error, sequences=(), when_together=False):
            embed = plm.embed

            def raises(some, layers, *rest):
                if set(some) & set(sequences) or (when_together and len(some) > 1):
                    raise error
                return embed(some, layers, *rest)

            monkeypatch.setattr(plm, "embed", raises)
            return embedding_job(proteins, plm, SETTINGS.model_copy(update={"shard_residues": 99}))

        return make

    def test_error_of_one_protein_names_it(self, tmp_path, failing):
        error = ValueError("no such residue")
        job = failing(error, sequences=["MSTNPKPQRKTKRNTNRRPQDVKF"])
        with pytest.raises(
            PlmError, match=r"tiny_plm cannot embed P3 \(ValueError: no such"
        ) as told:
            write_store(tmp_path, job)
        assert "ingestion.exclude=P3" in str(told.value)
        assert told.value.__cause__ is error

    def test_plms_own_error_names_the_protein_too(self, tmp_path, plm, proteins):
        proteins.loc[1, "sequence"] = "MA*W"
        job = embedding_job(proteins, plm, SETTINGS)
        with pytest.raises(PlmError, match=r"cannot embed P2 .*'\*' at position 3"):
            write_store(tmp_path, job)

    def test_memory_too_small_for_all_is_no_proteins_fault(self, tmp_path, failing):
        error = torch.OutOfMemoryError("out of memory")
        with pytest.raises(torch.OutOfMemoryError) as told:
            write_store(tmp_path, failing(error, when_together=True))
        assert told.value is error

    def test_memory_too_small_for_one_names_it(self, tmp_path, failing):
        error = torch.OutOfMemoryError("out of memory")
        job = failing(error, sequences=["MSTNPKPQRKTKRNTNRRPQDVKF"])
        with pytest.raises(PlmError, match="cannot embed P3"):
            write_store(tmp_path, job)

    def test_plm_that_fails_on_every_protein_blames_none(self, tmp_path, failing, proteins):
        """Such as after an error of a GPU, which fails at all that follows."""
        error = RuntimeError("device-side assert")
        with pytest.raises(RuntimeError, match="device-side") as told:
            write_store(tmp_path, failing(error, sequences=proteins["sequence"]))
        assert told.value is error

    def test_interrupted_run_looks_for_no_culprit(self, tmp_path, failing, proteins):
        with pytest.raises(KeyboardInterrupt):
            write_store(tmp_path, failing(KeyboardInterrupt(), sequences=proteins["sequence"]))

    def test_nan_of_one_protein_names_it(self, tmp_path, plm, proteins, monkeypatch):
        embed = plm.embed

        def gives_nan(some, layers, max_tokens, *_):
            found = embed(some, layers, max_tokens=max_tokens)
            for states in found[some.index("MAGW") :][:1] if "MAGW" in some else []:
                states[2][0, 0] = torch.nan
            return found

        monkeypatch.setattr(plm, "embed", gives_nan)
        with pytest.raises(ActivationStoreError, match="for P2 at layer 2 that are not finite"):
            write_store(tmp_path, embedding_job(proteins, plm, SETTINGS))


class TestEmbeddingSettings:
    @pytest.mark.parametrize("layers", [(4, 4), (0, 1, 2, 1)])
    def test_layer_named_twice_is_refused(self, layers):
        with pytest.raises(ValidationError, match=r"layers \[\d\] are named more than once"):
            EmbeddingSettings(layers=layers)

    def test_layers_keep_their_order(self):
        assert EmbeddingSettings(layers=[5, 0, 2]).layers == (5, 0, 2)


class TestOnDask:
    @pytest.fixture
    def remote(self, dask_cluster):
        executor = {"kind": "dask", "scheduler": dask_cluster.scheduler_address, "retries": 0}
        return SETTINGS.model_copy(update={"executor": ExecutorSettings.model_validate(executor)})

    def test_a_store_is_byte_for_byte_that_of_one_process(self, tmp_path, plm, proteins, remote):
        for place, settings in ((tmp_path / "here", SETTINGS), (tmp_path / "there", remote)):
            write_store(place, embedding_job(proteins, plm, settings))
        files = {
            place: {
                path.relative_to(tmp_path / place): path.read_bytes()
                for path in (tmp_path / place).rglob("*.*")
                if path.is_file()
            }
            for place in ("here", "there")
        }
        assert len(files["here"]) > 10
        assert files["here"] == files["there"]

    def test_a_protein_at_fault_is_named_and_the_other_shards_are_kept(
        self, tmp_path, plm, proteins, remote
    ):
        proteins.loc[2, "sequence"] = "M" * 30
        job = embedding_job(proteins, plm, remote)
        faulty = replace(
            job, compute=replace(job.compute, sequences=(*job.compute.sequences[:2], "J@", "MV"))
        )
        with pytest.raises(PlmError, match="cannot embed P3"):
            write_store(tmp_path, faulty)
        assert len(list(tmp_path.rglob("shard-*.safetensors"))) == 4
