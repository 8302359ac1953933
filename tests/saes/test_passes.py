"""A pass over a store is the same in one part or several, here or on a cluster."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.concepts import (
    ConceptLabels,
    CountingSettings,
    LabelledFeatures,
    count_by_protein,
    count_overlaps,
)
from plmscope.executors import ExecutorSettings
from plmscope.features import (
    PatternSettings,
    ReportingSettings,
    profile_proteins,
    survey_features,
    trace_examples,
)
from plmscope.saes import make_sae

D_MODEL, D_SAE = 6, 24


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    rng = np.random.default_rng(0)
    arrays = {
        f"P{number:05d}": rng.normal(size=(length, D_MODEL)).astype(np.float32)
        for number, length in enumerate(rng.integers(5, 40, 30))
    }
    job = job_from_arrays(arrays, plm_id="made-up", layer=2, shard_residues=100)
    return ActivationStore.open(write_store(tmp_path_factory.mktemp("store"), job)[2])


@pytest.fixture(scope="module")
def sae(store):
    sae = make_sae({"architecture": "topk", "d_model": D_MODEL, "d_sae": D_SAE, "k": 4})
    sae.calibrate(block.x for block in store.blocks())
    return sae


@pytest.fixture(scope="module")
def proteins(store):
    rng = np.random.default_rng(1)
    lengths = store.index["n_rows"].to_numpy()
    return pd.DataFrame(
        {
            "accession": store.accessions,
            "sequence": ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), n)) for n in lengths],
            "length": lengths,
            "origin": ["annotated"] * 20 + ["corpus"] * 10,
            "split": "train",
            "cluster": [f"c{number // 2}" for number in range(len(lengths))],
        }
    )


@pytest.fixture(scope="module")
def labels(proteins):
    rows = {
        "accession": proteins["accession"].repeat(2),
        "concept": np.tile(["Helix", "Signal"], len(proteins)),
        "start": np.tile([1, 3], len(proteins)),
        "end": np.tile([4, 5], len(proteins)),
        "instance": np.arange(2 * len(proteins)),
    }
    concepts = pd.DataFrame(
        {"concept": ["Helix", "Signal"], "category": "x", "level": ["span", "residue"]}
    )
    return ConceptLabels.of_proteins(proteins, pd.DataFrame(rows), concepts.assign(kept=True))


@pytest.fixture
def tables(store, sae, proteins, labels):
    """All that passes find, as tables, by the executor that they are given."""

    def make(executor):
        counting = CountingSettings(max_residues=50, executor=executor)
        reporting = ReportingSettings(
            n_top=2, n_per_range=1, n_windows=3, max_residues=50, executor=executor
        )
        labelled = LabelledFeatures(store, sae, labels)
        survey = survey_features(store, sae, proteins, reporting, PatternSettings())
        pairs = pd.DataFrame({"concept": "Helix", "feature": range(D_SAE), "threshold": 0.15})
        by_protein = count_by_protein(labelled, pairs, counting)
        return (
            *count_overlaps(labelled, counting).to_tables().values(),
            *survey,
            trace_examples(store, sae, survey.examples, reporting),
            *profile_proteins(store, sae, survey.statistics, proteins, reporting),
            pd.DataFrame(by_protein.tp, index=by_protein.groups),
            pd.DataFrame(by_protein.instances_hit, index=by_protein.groups),
        )

    return make


def small_parts(monkeypatch):
    monkeypatch.setattr("plmscope.saes.passes.PART_RESIDUES", 90)


class TestParts:
    def test_add_up_to_the_whole(self, tables, monkeypatch):
        whole = tables(ExecutorSettings())
        small_parts(monkeypatch)
        for found, wanted in zip(tables(ExecutorSettings()), whole, strict=True):
            assert len(wanted)
            pd.testing.assert_frame_equal(found, wanted, rtol=1e-5)

    def test_on_dask_are_byte_for_byte_those_of_one_process(
        self, tables, monkeypatch, dask_cluster
    ):
        small_parts(monkeypatch)
        remote = ExecutorSettings(kind="dask", scheduler=dask_cluster.scheduler_address)
        here, there = tables(ExecutorSettings()), tables(remote)
        for number, (found, wanted) in enumerate(zip(there, here, strict=True)):
            assert found.to_parquet() == wanted.to_parquet(), number


class TestAViewOfAStore:
    def test_is_opened_anew_where_it_is_sent(self, store):
        view = store.select(store.accessions[3:9]).part(1, 4)
        sent = pickle.loads(pickle.dumps(view))
        assert sent.accessions == store.accessions[4:7]
        assert sent.shards is not store.shards
        assert torch.equal(sent.protein(sent.accessions[0]), store.protein(sent.accessions[0]))
