"""Probes of every concept: fitted on train, chosen on valid, scored once on test."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from scipy.sparse import csc_array, csr_array, vstack
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits
from torch import Tensor

from plmscope.activations import ActivationStore
from plmscope.concepts import AnnotatedProteins, UncertaintySettings
from plmscope.concepts.annotated_proteins import HELD_OUT
from plmscope.concepts.controls.columns import score_columns
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.probes.fitting import LinearProbe, ProbeEncoder, fit_probes
from plmscope.probes.rows import TrainRows, draw_rows
from plmscope.probes.selection import best_features, correlate
from plmscope.probes.settings import ProbeSettings
from plmscope.progress import show_progress
from plmscope.saes import SAE

PROBE_SCORES = [
    "concept", "probe", "strength", "threshold", "valid_f1", "test_f1", "test_f1_low",
    "test_f1_high", "test_f1_per_residue", "test_precision", "test_recall_per_instance",
    "test_n_clusters", "features",
]  # fmt: skip
RAW = "activations"
_AT_ONCE = 8192

InputsOf = Callable[[int], Float[np.ndarray, "n_rows n_inputs"]]


def probe_activations(
    store: ActivationStore,
    annotated: AnnotatedProteins,
    settings: ProbeSettings,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    """Probes on all of a layer's activations: what there is to be found, linearly.

    Args:
        store: Activations of all proteins.
        annotated: The proteins, what is known of them, the kept concepts.
        settings: Residues, penalties.
        uncertainty: Of the intervals.

    Returns:
        `PROBE_SCORES`, a row a concept whose probe touches it on valid; probe is "activations".
    """
    rows = _train_rows(store, annotated, settings)
    probes = _fit(rows, RAW, lambda _: rows.x.numpy(), settings, "fitting probes")
    encoder = ProbeEncoder(probes, lambda x: x)
    return _score(store, annotated, probes, encoder, settings, uncertainty)


def probe_features(
    store: ActivationStore,
    sae: SAE,
    annotated: AnnotatedProteins,
    settings: ProbeSettings,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    """Probes on the few features that go along best with each concept on train.

    Args:
        store: Activations of all proteins.
        sae: Of the same PLM and layer.
        annotated: The proteins, what is known of them, the kept concepts.
        settings: Residues, penalties, how many features.
        uncertainty: Of the intervals.

    Returns:
        `PROBE_SCORES`, a row a concept and number of features ("5 features").
    """
    annotated = annotated.stored_in(store)
    rows = _train_rows(store, annotated, settings)
    n_concepts = rows.labels.n_annotated_concepts
    train = store.select(annotated.of_split("train")["accession"])
    correlations = correlate(train, sae, rows.labels, n_concepts, _AT_ONCE)
    most = max(settings.n_features)
    ranked = [best_features(of_concept, most) for of_concept in correlations]
    values = _features_of(rows.x, sae)
    probes: list[LinearProbe] = []
    for n in settings.n_features:

        def inputs_of(number: int, n: int = n) -> Float[np.ndarray, "n_rows n_inputs"]:
            return values[:, ranked[number][:n]].toarray()

        kind = f"{n} feature" + "s" * (n > 1)
        probes += _fit(rows, kind, inputs_of, settings, f"fitting probes on {kind}")
    union = np.unique(np.concatenate(ranked)) if ranked else np.zeros(0, dtype=np.int64)
    widened = [
        probe._replace(weights=_spread(probe.weights, ranked[probe.concept], union))
        for probe in probes
    ]
    encoder = ProbeEncoder(widened, lambda x: sae.encode(x, torch.from_numpy(union)))
    scored = _score(store, annotated, widened, encoder, settings, uncertainty)
    number_of = pd.Index(rows.labels.concepts["concept"])
    used = [
        ranked[number_of.get_loc(row["concept"])][: int(str(row["probe"]).split()[0])]
        for _, row in scored.iterrows()
    ]
    return scored.assign(features=pd.Series(used, dtype=object, index=scored.index))


def _train_rows(
    store: ActivationStore, annotated: AnnotatedProteins, settings: ProbeSettings
) -> TrainRows:
    annotated = annotated.stored_in(store)
    labels = annotated.labels("train")
    train = store.select(annotated.of_split("train")["accession"])
    return draw_rows(train, labels, labels.n_annotated_concepts, settings)


def _fit(
    rows: TrainRows, kind: str, inputs_of: InputsOf, settings: ProbeSettings, task: str
) -> list[LinearProbe]:
    """Probes of every concept at every strength, two concepts at a time."""

    def fit(number: int) -> list[LinearProbe]:
        fitted = rows.of_concept(number, settings)
        if fitted is None:  # in no protein of train, or everywhere
            return []
        with threadpool_limits(1):
            found = fit_probes(inputs_of(number)[fitted.rows], fitted, settings)
        return [LinearProbe(number, kind, weights, bias) for weights, bias in found]

    n_concepts = rows.labels.n_annotated_concepts
    probes: list[LinearProbe] = []
    with show_progress(task, n_concepts, "concept") as progress:
        # As threads: what takes long, products of matrices, lets go of the interpreter.
        parallel = Parallel(n_jobs=-1, prefer="threads", return_as="generator")
        for found in parallel(delayed(fit)(number) for number in range(n_concepts)):
            probes += found
            progress.update()
    return probes


def _score(
    store: ActivationStore,
    annotated: AnnotatedProteins,
    probes: Sequence[LinearProbe],
    encoder: ProbeEncoder,
    settings: ProbeSettings,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    labels = annotated.held_out_labels()
    held_out = {
        split: LabelledFeatures(
            store.select(annotated.of_split(split)["accession"]), encoder, labels[split]
        )
        for split in HELD_OUT
    }
    names = labels["valid"].concepts["concept"]
    concepts = [str(names.iloc[probe.concept]) for probe in probes]
    owners = [f"{probe.kind}\t{name}" for probe, name in zip(probes, concepts, strict=True)]
    scored = score_columns(held_out, owners, concepts, annotated.cluster_of, _AT_ONCE, uncertainty)
    column = scored["feature"].to_numpy()
    strengths = np.tile(settings.strengths, len(probes) // len(settings.strengths))
    nothing = [np.zeros(0, dtype=np.int64)] * len(scored)
    return scored.assign(
        probe=scored["owner"].astype(str).str.partition("\t")[0],
        strength=strengths[column],
        features=pd.Series(nothing, dtype=object, index=scored.index),
    )[PROBE_SCORES]


@torch.no_grad()
def _features_of(x: Float[Tensor, "n_rows d_model"], sae: SAE) -> csc_array:
    """All features of some residues."""
    parts = []
    for some in x.split(_AT_ONCE):
        indices, values = (part.float().cpu().numpy() for part in sae.encode_sparse(some))
        row, slot = np.nonzero(values > 0)
        cells = (row, indices[row, slot].astype(np.int64))
        parts.append(csr_array((values[row, slot], cells), shape=(len(some), sae.d_sae)))
    return vstack(parts).tocsc()


def _spread(
    weights: Float[np.ndarray, " n"],
    own: Int[np.ndarray, " n_ranked"],
    union: Int[np.ndarray, " n_union"],
) -> Float[np.ndarray, " n_union"]:
    """The weights of a concept's own features among those of all concepts."""
    spread = np.zeros(len(union))
    spread[np.searchsorted(union, own[: len(weights)])] = weights
    return spread
