"""What a run will take: residues, FLOP, disk, memory, hours."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from plmscope.activations import EmbeddingSettings
from plmscope.planning.settings import PlanSettings
from plmscope.planning.speeds import Speeds

_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_WEIGHTS_IN_TRAINING = 4
"""Weights, gradients and Adam's two moments, float32 each."""
_SECONDS_A_FEATURE = 0.03
"""Of describing: logos, motifs, families. As the bundled sample took on 2 cores; not measured."""
_N_READINGS = 10
"""How often the main job reads the whole store through the SAE after training, all stages
together: set so that the hours of the bundled sample come out as they were, not counted."""


@dataclass(frozen=True)
class Corpus:
    """The proteins of a run.

    Attributes:
        lengths: Residues of each.
        is_stored: Whether its activations are stored; else they are made again for each reading.
    """

    lengths: Int64[np.ndarray, " n_proteins"]
    is_stored: Bool[np.ndarray, " n_proteins"]

    @classmethod
    def of(cls, proteins: pd.DataFrame, embedding: EmbeddingSettings) -> Corpus:
        """From a table with `length` and `origin`."""
        is_stored = (proteins["origin"] == "annotated") | embedding.corpus
        return cls(proteins["length"].to_numpy(), is_stored.to_numpy())

    @property
    def n_residues(self) -> int:
        """Of all proteins."""
        return int(self.lengths.sum())

    @property
    def n_stored(self) -> int:
        """Residues whose activations are stored."""
        return int(self.lengths[self.is_stored].sum())

    def n_embedded(self, job: Job) -> int:
        """Residues that go through the PLM: those of the store, and without a whole one those of
        all updates.
        """
        return self.n_stored + (0 if self.is_stored.all() else job.trained_residues)


@dataclass(frozen=True)
class Job:
    """What is to be done with them.

    Attributes:
        n_blocks: Blocks of the PLM up to the highest layer that is stored.
        d_model: Width of an activation.
        d_sae: Features of the SAE.
        embedding: Layers, dtype.
        trained_residues: Residues of all updates, those of the search's trials among them.
        memory_budget_gb: Of activations while training.
    """

    n_blocks: int
    d_model: int
    d_sae: int
    embedding: EmbeddingSettings
    trained_residues: int
    memory_budget_gb: float


def make_plan(corpus: Corpus, job: Job, speeds: Speeds, settings: PlanSettings) -> dict[str, Any]:
    """Put together what a run will take.

    FLOP are counted as two for each multiplication and addition: a block of a transformer has 12
    d_model² weights, and attention of a protein of n residues takes 4 n² d_model more; an update of
    the SAE goes three times, reading it once, through its two matrices or the first of them.

    Args:
        corpus: The proteins.
        job: What is to be done.
        speeds: Of this machine.
        settings: Which disk, how many GPUs.

    Returns:
        As JSON holds it: proteins, residues, GFLOP, GB on disk, GB of memory, hours by stage and
        in all; with GPUs also theirs.
    """
    n, trained = corpus.n_stored, job.trained_residues
    gflop = _gflop(corpus, job)
    hours = {
        "embedding": corpus.n_embedded(job) / speeds.embedding / 3600,
        "training": trained / speeds.training / 3600,
        "reading": _N_READINGS * n / speeds.encoding / 3600,
        "describing": job.d_sae * _SECONDS_A_FEATURE / 3600,
    }
    disk_gb = _disk_gb(n, job)
    plan = {
        "proteins": len(corpus.lengths),
        "residues": corpus.n_residues,
        "longest": int(corpus.lengths.max(initial=0)),
        "gflop": gflop,
        "disk_gb": disk_gb,
        "free_gb": _free_gb(Path(settings.folder)),
        "memory_gb": _memory_gb(corpus.n_residues, job),
        "residues_per_second": {
            "embedding": speeds.embedding,
            "training": speeds.training,
            "reading": speeds.encoding,
        },
        "hours": hours | {"in all": sum(hours.values())},
    }
    if settings.n_gpus:
        rate = settings.n_gpus * settings.gpu_tflops * 1000
        on_gpus = {stage: each / rate / 3600 for stage, each in gflop.items()}
        plan["hours_on_gpus"] = on_gpus | {"in all": sum(on_gpus.values())}
        plan["n_gpus"] = settings.n_gpus
    return plan


def too_little_disk(plan: dict[str, Any], folder: str) -> str:
    """A sentence if the disk is too small; "" if it is not."""
    if plan["disk_gb"] <= plan["free_gb"]:
        return ""
    return (
        f"The run would write {plan['disk_gb']:.1f} GB, and the disk of {folder} has"
        f" {plan['free_gb']:.1f} GB free. Store fewer layers (embedding.layers) or half types"
        " (embedding.dtype: bfloat16), leave the corpus out (embedding.corpus: false), draw fewer"
        " proteins, or name another data_root."
    )


def _gflop(corpus: Corpus, job: Job) -> dict[str, float]:
    lengths = corpus.lengths.astype(np.float64)
    by_block = 2 * 12 * job.d_model**2 * lengths + 4 * job.d_model * lengths**2
    matrix = 2 * job.d_model * job.d_sae
    embedded = corpus.n_embedded(job) / max(corpus.n_residues, 1)
    return {
        "embedding": float(by_block.sum()) * job.n_blocks / 1e9 * embedded,
        "training": 3 * 2 * matrix * job.trained_residues / 1e9,
        "reading": _N_READINGS * matrix * corpus.n_stored / 1e9,
    }


def _disk_gb(n_residues: int, job: Job) -> float:
    """The stores, the SAE, and checkpoints of it with Adam's moments."""
    row = job.d_model * _BYTES[job.embedding.dtype] * len(job.embedding.layers)
    weights = 2 * job.d_model * job.d_sae * 4
    return (n_residues * row + weights * (1 + 2 * (_WEIGHTS_IN_TRAINING - 1))) / 1e9


def _memory_gb(n_residues: int, job: Job) -> float:
    """While training, which takes most: the SAE's weights and the activations kept in memory."""
    weights = _WEIGHTS_IN_TRAINING * 2 * job.d_model * job.d_sae * 4 / 1e9
    return weights + min(job.memory_budget_gb, n_residues * job.d_model * 4 / 1e9)


def _free_gb(folder: Path) -> float:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free / 1e9
