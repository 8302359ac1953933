"""A search on the bundled sample: its time, what sharing a pass saves, what the choice is worth.

Needs the sample's activations: kedro run --pipelines ingestion,embedding
"""

import tempfile
import time

import pandas as pd

from benchmarks.harness import Figure, make_figure
from benchmarks.sample import read_sample
from plmscope.activations import ActivationStore
from plmscope.training import (
    ChosenRun,
    EvaluationSettings,
    RunSettings,
    SearchSettings,
    choose_run,
    evaluate_sae,
    search_settings,
    select_front,
    tabulate_trials,
    train_sae,
)
from plmscope.training.search.measures import ValidSplit
from plmscope.training.search.space import apply_values, shorten, values_of

SETTINGS = SearchSettings.model_validate(
    {
        "n_trials": 12,
        "group_size": 6,
        "residues_per_trial": 300_000,
        "target_l0": 32,
        "shared": {
            "d_sae": {"choices": [1280, 2560]},
            "learning_rate": {"low": 5e-4, "high": 5e-3, "log": True},
        },
        "architectures": {
            "batch_topk": {"k": {"choices": [16, 24, 32]}},
            "topk": {"k": {"choices": [16, 24, 32]}},
        },
        "choice": {"rule": "best_within_l0", "max_l0": 34},
    }
)


def run() -> list[Figure]:
    """Measure every figure."""
    splits, configured = read_sample()
    runs, seconds, chosen = _search(splits, configured)
    name = "12 trials over architecture, width, k, learning rate"
    alone = _one_by_one(splits, runs)
    same_work = "each by train_sae on its own, over as many residues as in the search"
    return [
        make_figure(name, seconds, 300, "s", "the most it may"),
        make_figure(name, seconds, alone, "s", same_work),
        *_worth(splits, configured, chosen),
    ]


def _search(
    splits: dict[str, ActivationStore], configured: RunSettings
) -> tuple[list[RunSettings], float, ChosenRun]:
    """Each trial as it was trained, the seconds of the search, and what it chose."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        study = search_settings(
            splits["train"], splits["valid"], configured, SETTINGS, f"sqlite:///{folder}/study.db"
        )
        seconds = time.perf_counter() - started
        trials = tabulate_trials(study, configured, SETTINGS)
        runs = [
            shorten(apply_values(values_of(trial.params), configured), int(n_residues))
            for trial, n_residues in zip(study.get_trials(), trials["n_residues"], strict=True)
        ]
    print(trials.drop(columns=["reason", "concept_f1"]).to_string())
    chosen = choose_run(trials, select_front(trials), configured, SETTINGS.choice)
    print(chosen.reason)
    return runs, seconds, chosen


def _one_by_one(splits: dict[str, ActivationStore], runs: list[RunSettings]) -> float:
    """The seconds of training and measuring each trial on its own."""
    valid = ValidSplit(splits["valid"], SETTINGS, None)
    started = time.perf_counter()
    for run in runs:
        valid.measure(train_sae(splits["train"], run).sae)
    return time.perf_counter() - started


def _worth(
    splits: dict[str, ActivationStore], configured: RunSettings, chosen: RunSettings
) -> list[Figure]:
    """FVU of the chosen and of the configured settings, each trained in full."""
    settings = EvaluationSettings(fidelity_proteins=0)
    evaluated = pd.DataFrame(
        [
            {
                split: evaluate_sae(sae, splits[split], settings).model_dump()
                for split in ("valid", "test")
            }
            for sae in (train_sae(splits["train"], run).sae for run in (chosen, configured))
        ]
    )
    return [
        make_figure(
            f"{name}, {split}",
            evaluated[split][0][key],
            evaluated[split][1][key],
            unit,
            "the configured settings",
        )
        for split in ("valid", "test")
        for name, key, unit in (("FVU", "fvu", ""), ("L0", "l0_mean", "features per residue"))
    ]
