"""The node of planning."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import planning, plms, training

logger = logging.getLogger(__name__)


def make_plan(
    selected_proteins: pd.DataFrame,
    plm: plms.ProteinLanguageModel,
    embedding: stores.EmbeddingSettings,
    sae: training.SAESettings,
    settings: training.TrainingSettings,
    search: training.SearchSettings,
    plan: planning.PlanSettings,
) -> dict[str, Any]:
    """Measure a little, and say what the main job will take.

    Args:
        selected_proteins: Those of the wanted lengths.
        plm: The protein language model.
        embedding: What is stored.
        sae: The SAE that is trained.
        settings: How.
        search: The search before it.
        plan: What is measured, and for which machine it is told.

    Returns:
        `run_plan`.
    """
    config = sae.root.model_copy(update={"d_model": plm.d_model})
    speeds = planning.measure_speeds(
        selected_proteins, plm, embedding, config, settings.batch_size, plan
    )
    job = planning.Job(
        n_blocks=max(embedding.layers),
        d_model=plm.d_model,
        d_sae=config.d_sae,
        embedding=embedding,
        trained_residues=settings.n_steps * settings.batch_size
        + embedding.corpus * search.n_trials * search.residues_per_trial,
        memory_budget_gb=settings.memory_budget_gb,
    )
    made = planning.make_plan(planning.Corpus.of(selected_proteins, embedding), job, speeds, plan)
    if warning := planning.too_little_disk(made, plan.folder):
        logger.warning("%s", warning)
    return made
