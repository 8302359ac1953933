"""Profile HMMs of the motifs: built from the train windows, looked for in other proteins."""

from __future__ import annotations

from typing import Any

import pandas as pd

from plmscope.errors import PlmscopeError
from plmscope.features.motifs.windows import GAP
from plmscope.progress import show_progress
from plmscope.threads import map_in_threads

HITS = ["feature", "accession", "start", "end", "at_peak", "bits", "share"]
_EVERYTHING = 1e9
"""So lenient an E-value leaves out nothing: the threshold is chosen on valid."""
_LOWEST = -10.0
"""Bits below which a fit is none."""
_SEED = 42
"""HMMER's own. 0 would be another one each time: several domains are told apart by sampling."""


class ProfilesNotInstalledError(PlmscopeError):
    """The library of profile HMMs is an extra."""


def search_profiles(motifs: pd.DataFrame, proteins: pd.DataFrame) -> pd.DataFrame:
    """Look for the profile of each feature in held-out proteins.

    HMMER (Eddy 2011; through pyhmmer) builds a profile of each feature's aligned train windows and
    lays it along each protein, with every filter off, so that weak motifs are found too.

    Args:
        motifs: `feature_motifs`; those with windows have a profile.
        proteins: accession, sequence, split.

    Returns:
        `HITS`: where in valid and test each profile fits with more than -10 bits: first and last
        residue, the one at the peak's column (1-based; the nearest where that is a gap), bits, and
        where these lie between -10 bits and the best score of its own windows, 0 to 1.

    Raises:
        ProfilesNotInstalledError: Without pyhmmer.
    """
    easel, plan7 = _library()
    alphabet = easel.Alphabet.amino()
    held_out = proteins[proteins["split"] != "train"]
    block = _as_block(easel, alphabet, held_out["sequence"])
    accessions = held_out["accession"].to_numpy()
    with_windows = motifs[motifs["rows"].str.len() > 0]

    def search(motif: pd.Series) -> pd.DataFrame:
        background = plan7.Background(alphabet)  # which the calibration of a profile changes
        profile = _build(easel, plan7, alphabet, background, motif)
        pipeline = plan7.Pipeline(
            alphabet, background=background, bias_filter=False, null2=False,
            F1=1.0, F2=1.0, F3=1.0, E=_EVERYTHING, domE=_EVERYTHING, seed=_SEED,
        )  # fmt: skip
        windows = _as_block(easel, alphabet, [row.replace(GAP, "") for row in motif["rows"]])
        own = [hit.best_domain.score for hit in pipeline.search_hmm(profile, windows)]
        pipeline.clear()
        rows = _hits(pipeline.search_hmm(profile, block), int(motif["peak_column"]) + 1)
        found = pd.DataFrame(rows, columns=["protein", "start", "end", "at_peak", "bits"])
        return found.assign(
            feature=motif["feature"],
            accession=accessions[found["protein"].to_numpy(dtype=int)],
            share=((found["bits"] - _LOWEST) / (max([1.0, *own]) - _LOWEST)).clip(0, 1),
        )[HITS]

    parts = [pd.DataFrame(columns=HITS)]
    with show_progress("searching profiles", len(with_windows), "feature") as progress:
        for found in map_in_threads(search, (motif for _, motif in with_windows.iterrows())):
            parts.append(found)
            progress.update()
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def _library() -> tuple[Any, Any]:
    try:
        from pyhmmer import easel, plan7
    except ImportError as error:
        raise ProfilesNotInstalledError(
            "Profile HMMs need pyhmmer, which is not installed. Run: pip install 'plmscope[hmm]'"
        ) from error
    return easel, plan7


def _as_block(easel: Any, alphabet: Any, sequences: Any) -> Any:
    given = [
        easel.TextSequence(name=str(number), sequence=sequence).digitize(alphabet)
        for number, sequence in enumerate(sequences)
    ]
    return easel.DigitalSequenceBlock(alphabet, given)


def _build(easel: Any, plan7: Any, alphabet: Any, background: Any, motif: Any) -> Any:
    """The profile whose states are the columns that count, so that the peak's is known."""
    columns = [int(column) for column in motif["columns"]]
    rows = ["".join(row[column] for column in columns) for row in motif["rows"]]
    given = [
        easel.TextSequence(name=str(number), sequence=row)
        for number, row in enumerate(rows)
        if row.strip(GAP)
    ]
    aligned = easel.TextMSA(name=f"f{motif['feature']}", sequences=given).digitize(alphabet)
    builder = plan7.Builder(alphabet, symfrac=0.0, seed=_SEED)
    return builder.build_msa(aligned, background)[0]


def _hits(hits: Any, peak: int) -> list[tuple[int, int, int, int, float]]:
    return [
        (int(hit.name), found.target_from, found.target_to, _residue_at(found, peak), domain.score)
        for hit in hits
        for domain in hit.domains
        if domain.score > _LOWEST
        for found in [domain.alignment]
    ]


def _residue_at(alignment: Any, peak: int) -> int:
    """The residue under a state of the profile, or the nearest before it."""
    state, residue = alignment.hmm_from - 1, alignment.target_from - 1
    for of_profile, of_target in zip(
        alignment.hmm_sequence, alignment.target_sequence, strict=True
    ):
        state += of_profile != "."
        residue += of_target != GAP
        if state >= peak:
            break
    return max(residue, alignment.target_from)
