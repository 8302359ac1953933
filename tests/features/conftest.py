from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.saes import SAE, make_sae

D_MODEL, D_SAE, K = 6, 24, 4


@pytest.fixture
def store(tmp_path: Path) -> ActivationStore:
    rng = np.random.default_rng(0)
    arrays = {
        f"P{number:05d}": rng.normal(size=(length, D_MODEL)).astype(np.float32)
        for number, length in enumerate(rng.integers(1, 40, 30))
    }
    job = job_from_arrays(arrays, plm_id="made-up", layer=2, shard_residues=100)
    return ActivationStore.open(write_store(tmp_path, job)[2])


@pytest.fixture
def sae(store: ActivationStore) -> SAE:
    """Calibrated, with raw features far from [0, 1] and one feature that never fires."""
    sae = make_sae({"architecture": "topk", "d_model": D_MODEL, "d_sae": D_SAE, "k": K})
    with torch.no_grad():
        sae.W_enc.mul_(50)
        sae.b_enc[3] = -1e9
    sae.calibrate(block.x for block in store.blocks())
    return sae


@pytest.fixture
def proteins(store: ActivationStore) -> pd.DataFrame:
    """Two of each cluster, all of train."""
    rng = np.random.default_rng(2)
    lengths = store.index["n_rows"].to_numpy()
    return pd.DataFrame(
        {
            "accession": store.accessions,
            "sequence": ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), n)) for n in lengths],
            "origin": "annotated",
            "split": "train",
            "cluster": [f"c{number // 2}" for number in range(len(lengths))],
        }
    )


@pytest.fixture
def features(store: ActivationStore, sae: SAE) -> pd.DataFrame:
    """The slow way: every value of every feature at every residue, one row each."""
    tables = []
    for accession in store.accessions:
        dense = sae.encode(store.protein(accession)).detach().numpy()
        residues, numbers = np.nonzero(dense)
        tables.append(
            pd.DataFrame(
                {
                    "accession": accession,
                    "position": residues + 1,
                    "feature": numbers,
                    "value": dense[residues, numbers],
                    "length": len(dense),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


@pytest.fixture
def search_trials() -> pd.DataFrame:
    """Trial 1 failed; only trials 0 and 2 were measured, and none against concepts."""
    return pd.DataFrame(
        {
            "trial": [0, 1, 2],
            "state": ["complete", "failed", "complete"],
            "reason": ["", "fvu is <nan>", ""],
            "fvu": pd.array([0.31256, None, 0.29], "Float64"),
            "l0": pd.array([8.0, None, 7.5], "Float64"),
            "dead_fraction": pd.array([0.02, None, 0.01], "Float64"),
            "concept_f1": pd.array([None, None, None], "Float64"),
            "n_residues": pd.array([4096, 1024, 4096], "Int64"),
            "architecture": ["topk", "relu", "topk"],
            "learning_rate": [1e-3, 2e-3, 0.00412345],
            "k": pd.array([8, None, 7], "Int64"),
        }
    )
