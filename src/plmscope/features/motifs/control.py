"""Does a feature find more than its own sequence motif? Both are held against the same labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int, Int64
from scipy.sparse import coo_array, csc_array, csr_array
from torch import Tensor

from plmscope.activations import ActivationBlock, ActivationStore, whole_proteins
from plmscope.concepts import (
    AnnotatedProteins,
    CountingSettings,
    UncertaintySettings,
)
from plmscope.concepts.annotated_proteins import HELD_OUT
from plmscope.concepts.controls.columns import score_columns
from plmscope.concepts.counting.feature_values import collect_values
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels, expand
from plmscope.features.settings import ReportingSettings
from plmscope.saes import SAE

AUROC = ["feature", "motif_auroc", "n_test_on"]
_AT_ONCE = 200
"""Features whose profiles are laid along the proteins at once: it bounds the memory."""
TOLD = 0.9
"""From this AUROC on, the motif tells where the feature is on."""
RADII = (0, 1, 2, 5, -1)
"""Residues to either side of the peak that a hit marks; -1: all that the profile covers."""
CONTROLLED = [
    "feature", "name", "radius", "motif_test_f1", "motif_test_f1_low",
    "motif_test_f1_high", "test_f1", "test_f1_low", "is_above_motif", "motif_auroc", "n_test_on",
]  # fmt: skip
NAMED = ["feature", "concept", "radius", "motif_test_f1", "motif_test_f1_low", "motif_test_f1_high"]


class ProfileScores(NamedTuple):
    """How well profiles fit at each residue, behind the interface of a store and of an encoder.

    Attributes:
        accessions: Of the proteins, in the order of their rows.
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
        values: Share of the best score, [n_residues, n_columns].
    """

    accessions: list[str]
    offsets: Int[np.ndarray, " n_proteins_plus_1"]
    values: csr_array

    @property
    def d_model(self) -> int:
        """Width of what `blocks` gives: the number of the row."""
        return 1

    @property
    def d_sae(self) -> int:
        """Columns: one a feature and radius."""
        return int(self.values.shape[1])

    @property
    def n_residues(self) -> int:
        """Residues of all proteins."""
        return int(self.offsets[-1] - self.offsets[0])

    def part(self, start: int, stop: int) -> ProfileScores:
        """The proteins from number `start` to before `stop`; rows keep their numbers."""
        return ProfileScores(
            self.accessions[start:stop], self.offsets[start : stop + 1], self.values
        )

    def blocks(self, max_residues: int = 8192) -> Iterator[ActivationBlock]:
        """All proteins in order; x is the number of each row, which float32 holds to 16 million."""
        for start, stop in whole_proteins(self.offsets, max_residues):
            rows = torch.arange(self.offsets[start], self.offsets[stop])[:, None].float()
            offsets = self.offsets[start : stop + 1] - self.offsets[start]
            yield ActivationBlock(self.accessions[start:stop], offsets, rows)

    def encode_sparse(
        self, x: Float[Tensor, "n_residues d_model"]
    ) -> tuple[Int64[Tensor, "n_residues k"], Float[Tensor, "n_residues k"]]:
        """The columns with a value at each row, padded with value 0."""
        part = self.values[x[:, 0].long().numpy()]
        n = np.diff(part.indptr)
        place = np.arange(len(part.data)) - np.repeat(part.indptr[:-1], n)
        row = np.repeat(np.arange(len(n)), n)
        shape = (len(n), max(int(n.max(initial=0)), 1))
        indices, values = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape)
        indices[row, place] = torch.from_numpy(part.indices.astype(np.int64))
        values[row, place] = torch.from_numpy(part.data.astype(np.float32))
        return indices, values


def profile_scores(hits: pd.DataFrame, labels: ConceptLabels, features: list[int]) -> ProfileScores:
    """The best score of each profile at each residue, for each radius.

    Args:
        hits: See `search_profiles`.
        labels: The proteins.
        features: Whose columns: feature i has the columns `len(RADII) i` and after.
    """
    place = pd.Index(labels.accessions).get_indexer(pd.Index(hits["accession"]))
    column = pd.Index(features).get_indexer(pd.Index(hits["feature"]))
    some = (place >= 0) & (column >= 0)
    hits, place, column = hits[some], place[some], column[some]
    first, stop = labels.offsets[place], labels.offsets[place + 1]
    at_peak = first + hits["at_peak"].to_numpy() - 1
    rows, columns, values = [], [], []
    for number, radius in enumerate(RADII):
        if radius < 0:
            low, high = first + hits["start"].to_numpy() - 1, first + hits["end"].to_numpy()
        else:
            low, high = np.maximum(at_peak - radius, first), np.minimum(at_peak + radius + 1, stop)
        row, hit = expand(low, high)
        rows.append(row)
        columns.append(column[hit] * len(RADII) + number)
        values.append(hits["share"].to_numpy()[hit])
    table = pd.DataFrame(
        {
            "row": np.concatenate(rows),
            "column": np.concatenate(columns),
            "value": np.concatenate(values),
        }
    )
    best = table.groupby(["row", "column"], as_index=False)["value"].max()
    shape = (labels.n_residues, len(features) * len(RADII))
    given = (best["value"].to_numpy(dtype=np.float32), (best["row"], best["column"]))
    return ProfileScores(
        labels.accessions, labels.offsets, csr_array(coo_array(given, shape=shape))
    )


def control_motifs(
    hits: pd.DataFrame,
    named: pd.DataFrame,
    store: ActivationStore,
    sae: SAE,
    annotated: AnnotatedProteins,
    settings: ReportingSettings,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    """Set each feature beside the profile of its own motif.

    Args:
        hits: See `search_profiles`.
        named: `named_features`: feature, concept, test_f1, test_f1_low.
        store: Activations of all proteins.
        sae: The SAE.
        annotated: The proteins, what is known of them, the kept concepts.
        settings: Above which fraction of its maximum a feature is on; block size.
        uncertainty: Of the intervals.

    Returns:
        `CONTROLLED`, a row a feature that has a profile: for a named one, how well the profile
        finds its concept on test and whether the lower end of the feature's own interval is above
        that; for every one, the AUROC of the profile for where the feature is on.
    """
    counting = CountingSettings(max_residues=settings.max_residues)
    of_named = score_named_motifs(
        hits, named[["feature", "concept"]], annotated, counting, uncertainty
    ).drop(columns="concept")
    auroc = motif_auroc(hits, store, sae, annotated, counting, settings.on_above)
    known = named[["feature", "concept", "test_f1", "test_f1_low"]]
    table = pd.DataFrame({"feature": np.unique(hits["feature"].to_numpy(dtype=np.int64))})
    table = table.merge(known.rename(columns={"concept": "name"}), on="feature", how="left")
    table["name"] = table["name"].fillna("")
    for other in (of_named, auroc):
        table = table.merge(other.astype({"feature": int}), on="feature", how="left")
    is_above = (table["test_f1_low"] > table["motif_test_f1"]).to_numpy()
    return table.assign(is_above_motif=is_above)[CONTROLLED].reset_index(drop=True)


def summarise_motif_control(table: pd.DataFrame) -> dict[str, float | int]:
    """What the control adds up to.

    Args:
        table: As of `control_motifs`.

    Returns:
        n_named with a profile; n_above_motif of them; their mean_test_f1 and the profiles'
        mean_motif_test_f1; n_features with a profile that are on in valid and test; the
        median_auroc of the profiles for where these are on, and n_told_by_motif with 0.9 or more.
    """
    named = table[table["motif_test_f1"].notna()]
    on = table["motif_auroc"].dropna()
    return {
        "n_named": len(named),
        "n_above_motif": int(named["is_above_motif"].sum()),
        "mean_test_f1": float(named["test_f1"].mean()) if len(named) else 0.0,
        "mean_motif_test_f1": float(named["motif_test_f1"].mean()) if len(named) else 0.0,
        "n_features": len(on),
        "median_auroc": float(on.median()) if len(on) else 0.0,
        "n_told_by_motif": int((on >= TOLD).sum()),
    }


def score_named_motifs(
    hits: pd.DataFrame,
    named: pd.DataFrame,
    annotated: AnnotatedProteins,
    counting: CountingSettings,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    """How well the motif of each named feature finds its concept.

    Radius and threshold (see `score_columns`) are chosen on valid by the code that chooses
    the features' thresholds, and scored once on test.

    Args:
        hits: See `search_profiles`.
        named: `named_features`; those whose motif has a hit are scored.
        annotated: The proteins, what is known of them, the kept concepts.
        counting: Block size.
        uncertainty: Of the intervals.

    Returns:
        `NAMED`.
    """
    scored = named[named["feature"].isin(hits["feature"])]
    if scored.empty:
        return pd.DataFrame(columns=NAMED)
    features = scored["feature"].tolist()
    held_out = {}
    for split, labels in annotated.held_out_labels().items():
        scores = profile_scores(hits, labels, features)
        held_out[split] = LabelledFeatures(scores, scores, labels)
    owners = np.repeat(features, len(RADII)).tolist()
    concept_of = scored.set_index("feature")["concept"]
    best = score_columns(
        held_out,
        owners,
        concept_of.loc[owners].tolist(),
        annotated.cluster_of,
        counting.max_residues,
        uncertainty,
    )
    figures = ["test_f1", "test_f1_low", "test_f1_high"]
    return pd.DataFrame(
        {
            "feature": best["owner"].astype(int),
            "concept": best["concept"],
            "radius": np.array(RADII)[best["feature"] % len(RADII)],
            **{f"motif_{figure}": best[figure] for figure in figures},
        }
    )


def motif_auroc(
    hits: pd.DataFrame,
    store: ActivationStore,
    sae: SAE,
    annotated: AnnotatedProteins,
    counting: CountingSettings,
    on: float,
) -> pd.DataFrame:
    """How well the motif of each feature tells where the feature is on, on test.

    The radius is the one with the highest AUROC on valid.

    Args:
        hits: See `search_profiles`.
        store: Activations of all proteins.
        sae: The SAE.
        annotated: The proteins.
        counting: Block size.
        on: A feature is on above this fraction of its maximum.

    Returns:
        feature, motif_auroc, n_test_on (residues); only features that are on in both splits.
    """
    features = np.unique(hits["feature"].to_numpy(dtype=np.int64))
    on_of: dict[str, tuple[csc_array, ConceptLabels]] = {}
    for split in HELD_OUT:
        source = store.select(annotated.of_split(split)["accession"])
        accessions, values = collect_values(source, sae, features, counting)
        on_of[split] = values, annotated.labels(split).select(accessions)
    parts = [pd.DataFrame(columns=AUROC)]
    for first in range(0, len(features), _AT_ONCE):
        chunk = features[first : first + _AT_ONCE]
        of_chunk = hits[hits["feature"].isin(chunk)]
        scores = {
            split: csc_array(profile_scores(of_chunk, labels, chunk.tolist()).values)
            for split, (_, labels) in on_of.items()
        }
        rows = []
        for number, feature in enumerate(chunk.tolist()):
            is_on = {
                split: _places_on(values, first + number, on)
                for split, (values, _) in on_of.items()
            }
            if all(len(places) for places in is_on.values()):
                rows.append((feature, _auroc_on_test(scores, number, is_on), len(is_on["test"])))
        parts.append(pd.DataFrame(rows, columns=AUROC))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def _auroc_on_test(
    scores: dict[str, csc_array], number: int, is_on: dict[str, Int[np.ndarray, " n_on"]]
) -> float:
    """Of one feature, with the radius that is best on valid."""
    columns = range(number * len(RADII), (number + 1) * len(RADII))
    valid = [_auroc(scores["valid"], column, is_on["valid"]) for column in columns]
    return _auroc(scores["test"], columns[int(np.argmax(valid))], is_on["test"])


def _places_on(values: csc_array, number: int, above: float) -> Int[np.ndarray, " n_on"]:
    part = slice(values.indptr[number], values.indptr[number + 1])
    return values.indices[part][values.data[part] > above]


def _auroc(scores: csc_array, column: int, is_on: Int[np.ndarray, " n_on"]) -> float:
    """The chance that a residue where the feature is on scores higher than one where it is not.

    Most residues score 0: these are one tie, not rows.
    """
    part = slice(scores.indptr[column], scores.indptr[column + 1])
    row, value = scores.indices[part], scores.data[part]
    hit = np.isin(row, is_on)
    on, off = np.sort(value[hit]), np.sort(value[~hit])
    n_on, n_off = len(is_on), scores.shape[0] - len(is_on)
    if n_off == 0:
        return 0.5
    below = np.searchsorted(off, on, side="left") + np.searchsorted(off, on, side="right")
    wins = below.sum() / 2 + len(on) * (n_off - len(off))
    ties_at_zero = (n_on - len(on)) * (n_off - len(off)) / 2
    return float((wins + ties_at_zero) / (n_on * n_off))
