"""The motif of each feature, learned from the windows around its peaks on train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from plmscope.concepts.amino_acids import AMINO_ACIDS, amino_acid_shares
from plmscope.errors import PlmscopeError
from plmscope.features.motifs.alignment import (
    AlignedWindows,
    align_at_peak,
    align_by_famsa,
    shuffle_windows,
)
from plmscope.features.motifs.information import information, letter_heights
from plmscope.features.motifs.logo import logo_svg
from plmscope.features.motifs.prosite import as_regex, make_pattern
from plmscope.features.motifs.settings import MotifSettings
from plmscope.features.motifs.windows import GAP, cut_windows
from plmscope.progress import show_progress


class UnknownFeatureError(PlmscopeError):
    """A feature that the SAE does not have."""


_WORTH_ALIGNING = 2.0
"""Bits that an alignment must add before it is asked whether shuffled windows gain as many."""


def learn_motifs(
    peaks: pd.DataFrame, proteins: pd.DataFrame, d_sae: int, settings: MotifSettings
) -> pd.DataFrame:
    """Learn the motif of every feature that is on in enough homology clusters.

    Args:
        peaks: The peaks of each feature, see `PeakChooser.to_frame`.
        proteins: accession, sequence; all of the run, which are the background.
        d_sae: Features of the SAE.
        settings: What a motif needs.

    Returns:
        A row a feature: feature; n_windows; `has_motif`; `motif` (PROSITE notation, "" without);
        `motif_bits` (above the shuffled windows); `motif_share` (fraction of the windows that the
        pattern matches); `aligned_by`; `peak_column`; `rows` (the aligned windows), `columns` of
        the rows that count, `counts` (columns × 20, flat); `why_none`.
    """
    background = amino_acid_shares(proteins["sequence"])
    sequences = proteins.set_index("accession")["sequence"]
    of_feature = dict(list(peaks.groupby("feature")))
    rows = []
    with show_progress("learning motifs", d_sae, "feature") as progress:
        for feature in range(d_sae):
            found = of_feature.get(feature, peaks.iloc[:0])
            if len(found) < settings.min_clusters:
                rows.append(_without_motif(feature, len(found), settings))
            else:
                windows = cut_windows(found, sequences)
                rng = np.random.default_rng([settings.seed, feature])
                rows.append({"feature": feature} | _learn(windows, background, settings, rng))
            progress.update()
    return pd.DataFrame(rows)


def feature_logo(feature: int, motifs: pd.DataFrame, background: Float[np.ndarray, " 20"]) -> str:
    """The logo of any feature as SVG; "" if it was on in too few clusters.

    Args:
        feature: Its number.
        motifs: See `learn_motifs`.
        background: How common each amino acid is, `amino_acid_shares`.

    Raises:
        UnknownFeatureError: There is no such feature.
    """
    of_feature = motifs[motifs["feature"] == feature]
    if of_feature.empty:
        raise UnknownFeatureError(
            f"There is no feature f/{feature}: this SAE has f/0 to f/{len(motifs) - 1}."
        )
    return motif_logo(dict(of_feature.iloc[0]), background)


def logo_counts(motif: Mapping[str, Any]) -> np.ndarray:
    """The amino acid counts of one row of `learn_motifs`, [n_columns, 20]."""
    return np.asarray(motif["counts"]).reshape(-1, len(AMINO_ACIDS))


def motif_logo(motif: Mapping[str, Any], background: Float[np.ndarray, " 20"]) -> str:
    """The logo of one row of `learn_motifs` as SVG; "" if it was on in too few clusters.

    Args:
        motif: The row.
        background: How common each amino acid is, `amino_acid_shares`.
    """
    counts = logo_counts(motif)
    if not len(counts):
        return ""
    bits = information(counts, background, motif["n_windows"])
    title = f"Logo of f/{motif['feature']}: {motif['motif'] or 'no motif'}"
    return logo_svg(letter_heights(counts, bits), motif["peak_column"], title)


def _learn(
    windows: list[str],
    background: Float[np.ndarray, " 20"],
    settings: MotifSettings,
    rng: np.random.Generator,
) -> dict[str, object]:
    aligned, above = _best_alignment(windows, background, rng)
    counts = aligned.counts()
    bits = information(counts, background, len(windows))
    has_motif = above >= settings.min_bits
    pattern = make_pattern(aligned, counts, bits, settings) if has_motif else ""
    has_motif = bool(pattern)
    matches = 0.0
    if pattern:
        regex = as_regex(pattern)
        matches = float(np.mean([bool(regex.search(row.replace(GAP, ""))) for row in windows]))
    return {
        "n_windows": len(windows),
        "has_motif": has_motif,
        "motif": pattern,
        "motif_bits": above,
        "motif_share": matches,
        "aligned_by": aligned.by,
        "peak_column": aligned.peak,
        "rows": aligned.rows,
        "columns": aligned.columns,
        "counts": counts.ravel(),
        "why_none": "" if has_motif else "the windows around its peaks have nothing in common",
    }


def _best_alignment(
    windows: list[str], background: Float[np.ndarray, " 20"], rng: np.random.Generator
) -> tuple[AlignedWindows, float]:
    """The alignment with more information above that of shuffled windows, and that many bits.

    An alignment finds something in anything: FAMSA is only believed where it gains more than it
    does of the same windows with their residues shuffled.
    """
    shuffled = shuffle_windows(windows, rng)
    at_peak, by_famsa = align_at_peak(windows), align_by_famsa(windows)
    plain, aligned = (_bits(each, background) for each in (at_peak, by_famsa))
    above = plain - _bits(align_at_peak(shuffled), background)
    if aligned - plain > _WORTH_ALIGNING:
        above_aligned = aligned - _bits(align_by_famsa(shuffled), background)
        if above_aligned > above + _WORTH_ALIGNING:
            return by_famsa, above_aligned
    return at_peak, above


def _bits(aligned: AlignedWindows, background: Float[np.ndarray, " 20"]) -> float:
    return float(information(aligned.counts(), background, len(aligned.rows)).sum())


def _without_motif(feature: int, n_windows: int, settings: MotifSettings) -> dict[str, object]:
    why = f"on in {n_windows} homology clusters of train; a motif needs {settings.min_clusters}"
    return {
        "feature": feature,
        "n_windows": n_windows,
        "has_motif": False,
        "motif": "",
        "motif_bits": 0.0,
        "motif_share": 0.0,
        "aligned_by": "",
        "peak_column": 0,
        "rows": [],
        "columns": np.zeros(0, dtype=np.int64),
        "counts": np.zeros(0, dtype=np.int64),
        "why_none": why,
    }
