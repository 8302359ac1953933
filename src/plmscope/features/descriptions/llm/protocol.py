"""Describe features by shown proteins; test each description on proteins held out."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from plmscope.errors import PlmscopeError
from plmscope.features.descriptions.llm.endpoint import AnswerCache, Endpoint, UselessAnswerError
from plmscope.features.descriptions.llm.prompts import ask_to_describe, ask_to_predict
from plmscope.features.descriptions.llm.settings import LLMSettings
from plmscope.progress import show_progress

logger = logging.getLogger(__name__)

DESCRIBED = [
    "feature", "description", "summary", "pearson_r", "pearson_r_low", "pearson_r_high",
    "n_held_out", "why_none",
]  # fmt: skip
_LETTERS_PER_TOKEN = 3
"""Fewer than the four of English: sequences are cut into short tokens."""
_ANSWER_TOKENS = 400
_COVERAGE = 0.95
_FEWEST = 4


class TooExpensiveError(PlmscopeError):
    """The estimate is above what may be spent."""


def describe_by_llm(
    sampled: pd.DataFrame, proteins: pd.DataFrame, settings: LLMSettings, cache: AnswerCache
) -> pd.DataFrame:
    """Ask a language model what each sampled feature is, and test what it says.

    The protocol of Simon & Zou (2025): a description and a summary from shown proteins, then
    predictions of the highest activation in held-out ones, which see no activation; Pearson's r of
    predicted and true.

    Args:
        sampled: See `sample_proteins`.
        proteins: Public fields and sequences.
        settings: Endpoint, prices.
        cache: Answers of earlier runs.

    Returns:
        `DESCRIBED`, a row a feature; `why_none` where it came to nothing, r missing where the
        predictions do not vary.

    Raises:
        EndpointError: The server cannot be used.
        TooExpensiveError: Before anything is asked.
    """
    endpoint = Endpoint(settings, cache)
    known = proteins.set_index("accession")
    groups = list(sampled.groupby("feature"))
    _estimate(groups, known, settings)
    rows = []
    with (
        ThreadPoolExecutor(settings.n_at_once) as pool,
        show_progress("describing features", len(groups), "feature") as progress,
    ):
        for row in pool.map(lambda pair: _describe(pair[0], pair[1], known, endpoint), groups):
            rows.append(row)
            progress.update()
    table = pd.DataFrame(rows, columns=DESCRIBED)
    n_failed = int((table["why_none"] != "").sum())
    r = table["pearson_r"].dropna()
    logger.info(
        "%d features described, %d without an answer; median Pearson r %.2f of %d on held-out"
        " proteins",
        *(len(table) - n_failed, n_failed, r.median() if len(r) else 0.0, len(r)),
    )
    return table


def _estimate(groups: list[Any], known: pd.DataFrame, settings: LLMSettings) -> None:
    """Say what it will take, and refuse what is too much."""
    n_letters = 0
    for _, group in groups:
        shown, held_out = _parts(group)
        for question in (
            ask_to_describe(shown, known),
            ask_to_predict(held_out, known, " " * 1000, " " * 200),
        ):
            n_letters += sum(len(message["content"]) for message in question)
    n_in, n_out = n_letters / _LETTERS_PER_TOKEN, 2 * len(groups) * _ANSWER_TOKENS
    cost = (n_in * settings.price_in + n_out * settings.price_out) / 1e6
    logger.info(
        "%d features, %d questions: about %.2f million tokens sent and %.2f answered, cost %.2f at"
        " the prices given; what the cache has is not asked",
        *(len(groups), 2 * len(groups), n_in / 1e6, n_out / 1e6, cost),
    )
    if settings.max_cost is not None and cost > settings.max_cost:
        raise TooExpensiveError(
            f"Describing {len(groups)} features is estimated to cost {cost:.2f}, more than"
            f" llm.max_cost = {settings.max_cost:g}. Lower llm.n_features, or raise llm.max_cost."
        )


def _parts(group: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return group[group["part"] == "shown"], group[group["part"] == "held out"]


def _describe(
    feature: Any, group: pd.DataFrame, known: pd.DataFrame, endpoint: Endpoint
) -> dict[str, Any]:
    shown, held_out = _parts(group)
    row = dict.fromkeys(DESCRIBED, None) | {
        "feature": int(feature), "description": "", "summary": "", "why_none": "",
        "pearson_r": np.nan, "pearson_r_low": np.nan, "pearson_r_high": np.nan,
        "n_held_out": len(held_out),
    }  # fmt: skip
    try:
        told = endpoint.ask(ask_to_describe(shown, known), _lacks_description)
        description, summary = str(told["description"]), str(told["summary"])
        row |= {"description": description, "summary": summary}
        question = ask_to_predict(held_out, known, description, summary)
        answer = endpoint.ask(question, lambda given: _lacks_predictions(given, held_out))
        predicted = held_out["accession"].map(answer["predictions"]).astype(float)
        row |= correlate(predicted.to_numpy(), held_out["peak"].to_numpy())
    except UselessAnswerError as error:
        row["why_none"] = str(error)
    return row


def correlate(predicted: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Pearson's r with its 95 % interval (Fisher); missing of fewer than four, or of constants."""
    from scipy.stats import pearsonr

    if len(true) < _FEWEST or np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return {}
    found = pearsonr(predicted, true)
    interval = found.confidence_interval(_COVERAGE)
    return {
        "pearson_r": float(found.statistic),
        "pearson_r_low": float(interval.low),
        "pearson_r_high": float(interval.high),
    }


def _lacks_description(answer: dict[str, Any]) -> str:
    for name in ("description", "summary"):
        if not isinstance(answer.get(name), str) or not answer[name].strip():
            return f"has no {name}"
    return ""


def _lacks_predictions(answer: dict[str, Any], held_out: pd.DataFrame) -> str:
    given = answer.get("predictions")
    if not isinstance(given, dict):
        return "has no predictions"
    for accession in held_out["accession"]:
        value = given.get(accession)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            return f"has no number from 0 to 1 for {accession}"
    return ""
