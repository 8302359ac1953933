"""The proteins by which a feature is described, and those by which the description is tested."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy.sparse import csc_array

from plmscope.activations import ActivationStore
from plmscope.concepts.counting.feature_values import collect_values
from plmscope.concepts.settings import CountingSettings
from plmscope.features.descriptions.llm.endpoint import require_endpoint
from plmscope.features.descriptions.llm.settings import LLMSettings
from plmscope.proteins.uniprot import is_accession
from plmscope.saes import SAE

SAMPLED = ["feature", "part", "accession", "peak", "positions", "values"]
N_BINS = 10
_TOP_BINS = 3


def sample_proteins(
    store: ActivationStore,
    sae: SAE,
    proteins: pd.DataFrame,
    statistics: pd.DataFrame,
    settings: LLMSettings,
    max_residues: int,
) -> pd.DataFrame:
    """Choose proteins of each tenth of a feature's peaks, to show and to hold out.

    Those shown are of train, those held out of valid and test: no homologue gives the answer away.

    Only proteins with an accession of UniProtKB are taken: nothing of a user's own sequences
    leaves the machine.

    Args:
        store: Activations of all proteins.
        sae: The SAE.
        proteins: accession, origin, split.
        statistics: `feature_statistics`: which features have enough proteins.
        settings: How many of which.
        max_residues: Residues encoded at once.

    Returns:
        `SAMPLED`: part is "shown" or "held out", positions (1-based) and values are where the
        feature fires.

    Raises:
        EndpointError: There is nobody to ask.
    """
    require_endpoint(settings)
    rng = np.random.default_rng(settings.seed)
    is_public = proteins["accession"].map(is_accession) & (proteins["origin"] == "annotated")
    public = proteins.loc[is_public, "accession"]
    features = _draw_features(statistics, settings, rng)
    if not len(features) or public.empty:
        return pd.DataFrame(columns=SAMPLED)
    source = store.select(public)
    counting = CountingSettings(max_residues=max_residues)
    accessions, values = collect_values(source, sae, features, counting)
    lengths = source.index.set_index("accession")["n_rows"].loc[accessions].to_numpy()
    offsets = np.concatenate([[0], lengths.cumsum()])
    split_of = proteins.set_index("accession")["split"]
    is_train = (split_of.loc[accessions] == "train").to_numpy()
    rows = []
    for number, feature in enumerate(features.tolist()):
        rows += [
            (feature, part, accessions[protein], peak, positions, heights)
            for part, protein, peak, positions, heights in _sample_of(
                _column(values, number), offsets, is_train, settings, rng
            )
        ]
    return pd.DataFrame(rows, columns=SAMPLED)


def _draw_features(
    statistics: pd.DataFrame, settings: LLMSettings, rng: np.random.Generator
) -> Int[np.ndarray, " n_features"]:
    """Features with enough proteins in their highest tenths, in order of number."""
    peaks = np.stack(statistics["peaks"].to_list())
    in_tenths = peaks.reshape(len(peaks), N_BINS, -1).sum(axis=2)
    enough = np.flatnonzero(in_tenths[:, -_TOP_BINS:].sum(axis=1) >= settings.min_top)
    drawn = rng.choice(enough, min(settings.n_features, len(enough)), replace=False)
    return np.sort(drawn)


def _column(values: csc_array, number: int) -> tuple[np.ndarray, np.ndarray]:
    part = slice(values.indptr[number], values.indptr[number + 1])
    return values.indices[part], values.data[part]


def _sample_of(
    column: tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]],
    offsets: Int[np.ndarray, " n_proteins_plus_1"],
    is_train: Bool[np.ndarray, " n_proteins"],
    settings: LLMSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[str, int, float, np.ndarray, np.ndarray]]:
    """Part, protein, peak, positions and values of the proteins chosen for one feature."""
    row, value = column
    protein = np.searchsorted(offsets, row, side="right") - 1
    peak = np.zeros(len(is_train), dtype=np.float32)
    np.maximum.at(peak, protein, value)
    for part, members in (("shown", is_train), ("held out", ~is_train)):
        for chosen in _choose(peak, members, settings, rng):
            here = protein == chosen
            yield part, chosen, float(peak[chosen]), row[here] - offsets[chosen] + 1, value[here]


def _choose(
    peak: Float[np.ndarray, " n_proteins"],
    members: Bool[np.ndarray, " n_proteins"],
    settings: LLMSettings,
    rng: np.random.Generator,
) -> list[int]:
    """Some members of each tenth of the peaks, the highest first, then some without activation."""
    tenth = np.where(peak > 0, np.minimum((peak * N_BINS).astype(int), N_BINS - 1), -1)
    sizes = {N_BINS - 1: settings.n_top, -1: settings.n_zero}
    chosen: list[int] = []
    for place in [*range(N_BINS - 1, -1, -1), -1]:
        drawn = rng.permutation(np.flatnonzero((tenth == place) & members))
        chosen += drawn[: sizes.get(place, settings.per_bin)].tolist()
    return chosen
