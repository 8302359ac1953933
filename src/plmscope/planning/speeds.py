"""How fast this machine embeds, trains and encodes: a short measurement."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.activations import EmbeddingSettings
from plmscope.planning.settings import PlanSettings
from plmscope.plms import ProteinLanguageModel
from plmscope.saes import make_sae
from plmscope.saes.config import SAEConfig
from plmscope.training import StepSettings, Trainer


@dataclass(frozen=True)
class Speeds:
    """Residues a second.

    Attributes:
        embedding: Through the PLM up to the highest layer that is stored.
        training: Through updates of the SAE.
        encoding: Through the finished SAE, as every later stage reads the store.
    """

    embedding: float
    training: float
    encoding: float


def measure_speeds(
    proteins: pd.DataFrame,
    plm: ProteinLanguageModel,
    embedding: EmbeddingSettings,
    sae_settings: SAEConfig,
    batch_size: int,
    settings: PlanSettings,
) -> Speeds:
    """Embed some of the proteins, then train and encode on what came out.

    Args:
        proteins: length, sequence.
        plm: The protein language model, on its device.
        embedding: As the run would embed.
        sae_settings: The SAE that it would train, with the width of the PLM.
        batch_size: Residues of an update.
        settings: How much is measured.

    Returns:
        The median of three for the SAE; embedding is timed once, after a first small batch.
    """
    sequences = _draw(proteins, settings)

    def embed(some: list[str]) -> list[dict[int, Tensor]]:
        return plm.embed(some, embedding.layers, embedding.max_tokens, embedding.long_sequences)

    embed(sequences[:2])
    start = time.perf_counter()
    embedded = embed(sequences)
    seconds = time.perf_counter() - start
    x = torch.cat([each[max(embedding.layers)].float() for each in embedded])
    # Shuffled, as batches are: a step guesses its threshold from the first rows of a batch.
    shuffled = torch.randperm(len(x), generator=torch.Generator().manual_seed(settings.seed))
    batch = _normalised(x)[shuffled[torch.arange(batch_size) % len(x)].to(x.device)]
    sae = make_sae(sae_settings).to(batch.device)
    trainer = Trainer(sae, StepSettings(n_steps=10 * settings.n_steps, learning_rate=1e-3))
    with torch.inference_mode():
        encoding = _rate(lambda: sae.encode(batch), settings.n_steps, batch)
    training = _rate(lambda: trainer.step(batch), settings.n_steps, batch)
    return Speeds(len(x) / seconds, training, encoding)


def _draw(proteins: pd.DataFrame, settings: PlanSettings) -> list[str]:
    order = np.random.default_rng(settings.seed).permutation(len(proteins))
    ends = proteins["length"].to_numpy()[order].cumsum()
    n = int(np.searchsorted(ends, settings.sample_residues)) + 1
    return proteins["sequence"].iloc[order[:n]].tolist()


def _normalised(x: Float[Tensor, "n_residues d_model"]) -> Float[Tensor, "n_residues d_model"]:
    """Centred and scaled, as the SAE sees it."""
    centred = x - x.mean(0)
    return centred / centred.norm(dim=1).mean() * x.shape[1] ** 0.5


def _rate(act: Callable[[], object], n_steps: int, batch: Tensor) -> float:
    act()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(n_steps):
            act()
        if batch.is_cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return n_steps * len(batch) / sorted(seconds)[1]
