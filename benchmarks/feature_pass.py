"""The pass over the store that gives statistics and example proteins of every feature."""

import heapq
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.harness import Figure, make_figure, seconds_in_turn
from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.features import PatternSettings, ReportingSettings, survey_features
from plmscope.saes import SAE, make_sae

D_MODEL, D_SAE, K = 320, 2560, 32
N_PROTEINS, N_RESIDUES = 100, 300
SETTINGS = ReportingSettings()


def run() -> list[Figure]:
    """Time the pass against encoding alone, and against a loop over proteins and features."""
    with tempfile.TemporaryDirectory() as folder:
        store, sae = _make_store(Path(folder)), _make_sae()
        proteins = _make_proteins(store)
        ours, encoding, looping = seconds_in_turn(
            lambda: survey_features(store, sae, proteins, SETTINGS, PatternSettings()),
            lambda: _encode_only(store, sae),
            lambda: _loop(store, sae),
            repeats=3,
        )
    name = f"{store.n_residues:,} residues, {D_SAE:,} features"
    return [
        make_figure(f"survey, {name}", ours, encoding, "s", "sparse encoding alone"),
        make_figure(
            f"survey, {name}", ours, looping, "s", "dense encode and a heap per feature, by protein"
        ),
    ]


def _make_store(folder: Path) -> ActivationStore:
    rng = np.random.default_rng(0)
    arrays = {
        f"P{number:05d}": rng.standard_normal((N_RESIDUES, D_MODEL), dtype=np.float32)
        for number in range(N_PROTEINS)
    }
    return ActivationStore.open(
        write_store(folder, job_from_arrays(arrays, plm_id="random", layer=0))[0]
    )


def _make_proteins(store: ActivationStore) -> pd.DataFrame:
    letters = np.random.default_rng(1).choice(list("ACDEFGHIKLMNPQRSTVWY"), N_RESIDUES)
    return pd.DataFrame(
        {
            "accession": store.accessions,
            "sequence": "".join(letters),
            "origin": "annotated",
            "split": "train",
            "cluster": store.accessions,
        }
    )


def _make_sae() -> SAE:
    return make_sae({"architecture": "topk", "d_model": D_MODEL, "d_sae": D_SAE, "k": K})


@torch.no_grad()
def _encode_only(store: ActivationStore, sae: SAE) -> None:
    for block in store.blocks(SETTINGS.max_residues):
        sae.encode_sparse(block.x)


@torch.no_grad()
def _loop(store: ActivationStore, sae: SAE) -> None:
    """The obvious way: each protein dense, each active feature's lists updated in turn."""
    top: dict[int, list[tuple[float, str]]] = defaultdict(list)
    ranges: dict[tuple[int, int], list[str]] = defaultdict(list)
    n_residues, n_proteins = np.zeros(D_SAE), np.zeros(D_SAE)
    for accession in store.accessions:
        features = sae.encode(store.protein(accession)).numpy()
        peaks = features.max(0)
        n_residues += (features > 0).sum(0)
        n_proteins += peaks > 0
        for feature in np.flatnonzero(peaks):
            peak = float(peaks[feature])
            heapq.heappush(top[feature], (peak, accession))
            if len(top[feature]) > SETTINGS.n_top:
                heapq.heappop(top[feature])
            members = ranges[feature, int(np.digitize(peak, SETTINGS.range_edges))]
            if len(members) < SETTINGS.n_per_range:
                members.append(accession)
