"""What it takes to say what each of 10,240 features is: the survey, the families, the logos.

The features are planted, so that a residue has a few high and many low ones, as in a trained SAE.
"""

import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np
import pandas as pd
import torch

from benchmarks.harness import Figure, make_figure
from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.concepts.amino_acids import amino_acid_shares
from plmscope.features import (
    FamilySettings,
    MotifSettings,
    PatternSettings,
    ReportingSettings,
    learn_motifs,
    motif_logo,
    survey_features,
)
from plmscope.features.families.coactivation import N_NEIGHBOURS
from plmscope.features.families.decoder_map import draw_map, find_families, nearest_directions
from plmscope.features.families.modules import find_modules
from plmscope.saes import SAE, make_sae

D_MODEL, D_SAE, K = 320, 10_240, 32
N_PROTEINS, N_RESIDUES = 3_334, 300
N_LOGOS, N_WINDOWS = 1_000, 50
SETTINGS = ReportingSettings()
LIMIT_S, LIMIT_GB = 60.0, 2.0
LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


def run() -> list[Figure]:
    """The survey beside encoding alone, in processes of their own; families and logos."""
    with tempfile.TemporaryDirectory() as folder:
        store = _write_store(Path(folder))
        (survey, memory), (encoding, _) = (
            _alone(function, store) for function in (_survey, _encode)
        )
    families, _ = _alone(_families, "")
    learning, _ = _alone(_learn, "")
    drawing, _ = _alone(_draw, "")
    name = f"{N_PROTEINS * N_RESIDUES:,} residues, {D_SAE:,} features"
    of_logos = f"{N_LOGOS:,} features"
    return [
        make_figure(f"survey, {name}", survey, encoding, "s", "sparse encoding alone"),
        make_figure(f"survey, peak memory, {name}", memory, LIMIT_GB, "GB", "the limit set"),
        make_figure(
            f"map and families, {D_SAE:,} features", families, LIMIT_S, "s", "the limit set"
        ),
        make_figure(f"motifs learned, {of_logos}", learning, LIMIT_S, "s", "the limit set"),
        make_figure(f"logos drawn, {of_logos}", drawing, LIMIT_S, "s", "the limit set"),
    ]


def _alone(function, folder: str) -> tuple[float, float]:
    """Seconds of a function, and the peak memory in GB of a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (function, folder))


def _measure(function, folder: str) -> tuple[float, float]:
    start = time.perf_counter()
    function(folder)
    return time.perf_counter() - start, getrusage(RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _write_store(folder: Path) -> str:
    """Each residue is the sum of a few decoder directions and noise."""
    rng = np.random.default_rng(0)
    directions = _make_sae().W_dec.detach().numpy()

    def protein() -> np.ndarray:
        chosen = rng.integers(0, D_SAE, (N_RESIDUES, 4))
        height = rng.random((N_RESIDUES, 4, 1), dtype=np.float32)
        noise = 0.02 * rng.standard_normal((N_RESIDUES, D_MODEL), dtype=np.float32)
        return (directions[chosen] * height).sum(axis=1) + noise

    arrays = {f"P{number:05d}": protein() for number in range(N_PROTEINS)}
    return str(write_store(folder, job_from_arrays(arrays, plm_id="random", layer=0))[0])


def _open(folder: str) -> ActivationStore:
    return ActivationStore.open(Path(folder))


def _make_sae() -> SAE:
    config = {"architecture": "topk", "d_model": D_MODEL, "d_sae": D_SAE, "k": K}
    return make_sae(config, seed=0)


def _proteins(accessions: list[str]) -> pd.DataFrame:
    sequence = "".join(np.random.default_rng(1).choice(LETTERS, N_RESIDUES))
    return pd.DataFrame(
        {
            "accession": accessions,
            "sequence": sequence,
            "origin": "annotated",
            "split": "train",
            "cluster": accessions,
        }
    )


@torch.no_grad()
def _survey(folder: str) -> None:
    store = _open(folder)
    proteins = _proteins(store.accessions)
    survey_features(store, _make_sae(), proteins, SETTINGS, PatternSettings())


@torch.no_grad()
def _encode(folder: str) -> None:
    sae = _make_sae()
    for block in _open(folder).blocks(SETTINGS.max_residues):
        sae.encode_sparse(block.x)


def _families(_: str) -> None:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((D_SAE // 10, D_MODEL), dtype=np.float32).repeat(10, 0)
    rows = centres + rng.standard_normal((D_SAE, D_MODEL), dtype=np.float32)
    directions = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    settings = FamilySettings()
    near, cosine = nearest_directions(directions, N_NEIGHBOURS)
    find_families(draw_map(directions, near, cosine, settings), settings)
    find_modules(list(near), list(cosine), settings)


def _motifs() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Motifs of made-up peaks, one conserved residue in three."""
    rng = np.random.default_rng(0)
    letters = rng.choice(LETTERS, (N_WINDOWS, N_RESIDUES))
    names = [f"P{number}" for number in range(N_WINDOWS)]
    peaks = pd.DataFrame(
        {
            "feature": np.repeat(np.arange(N_LOGOS), N_WINDOWS),
            "accession": np.tile(names, N_LOGOS),
            "position": np.repeat(rng.integers(12, N_RESIDUES - 12, N_LOGOS), N_WINDOWS),
        }
    )
    conserved = rng.choice(LETTERS, N_RESIDUES)
    is_conserved = (np.arange(N_RESIDUES) % 3 == 0) & (rng.random(letters.shape) < 0.8)
    letters = np.where(is_conserved, conserved, letters)
    proteins = pd.DataFrame({"accession": names, "sequence": ["".join(row) for row in letters]})
    return peaks, proteins


def _learn(_: str) -> None:
    peaks, proteins = _motifs()
    learn_motifs(peaks, proteins, N_LOGOS, MotifSettings())


def _draw(_: str) -> None:
    peaks, proteins = _motifs()
    few = learn_motifs(peaks[peaks["feature"] < 20], proteins, 20, MotifSettings())
    background = amino_acid_shares(proteins["sequence"])
    for number in range(N_LOGOS):
        motif_logo(few.iloc[number % 20].to_dict(), background)
