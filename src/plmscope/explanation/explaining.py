"""From sequences to what a PLM's layer holds about them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from plmscope.atlas import Atlas, AtlasError, load_atlas
from plmscope.concepts.suggestions.calibration import ALL_OF_TEST
from plmscope.explanation.explanation import Explanation
from plmscope.explanation.families import (
    CONCEPT_SHARES,
    FEATURE_SHARES,
    cluster_queries,
    concept_shares,
    feature_shares,
)
from plmscope.explanation.finding.concept_calls import CallCollector
from plmscope.explanation.finding.embedded import EmbeddedSequences
from plmscope.explanation.finding.nearest import nearest_proteins
from plmscope.explanation.finding.standing_out import FeatureCollector
from plmscope.explanation.queries.reading import Query, read_query
from plmscope.explanation.settings import ExplainSettings
from plmscope.plms import PlmError, check_device, load_plm
from plmscope.plms.windows import plan_windows
from plmscope.proteins import ProteinTables, refuse_if_all_rejected
from plmscope.proteins.tables import reject_proteins
from plmscope.saes.encode import EncodedBlock
from plmscope.saes.passes import BlockCounter, count_in_pass

if TYPE_CHECKING:
    from plmscope.plms import ProteinLanguageModel

DEFAULTS = ExplainSettings()


def explain(
    sequences: Query,
    atlas: Atlas | str | Path,
    plm: ProteinLanguageModel | str | None = None,
    settings: ExplainSettings = DEFAULTS,
    device: str = "cpu",
) -> Explanation:
    """Say what a protein language model sees in some proteins, and how far to believe it.

    Args:
        sequences: A file (FASTA, gzipped or not, or one bare sequence), FASTA text, a sequence, a
            UniProt accession; sequences by name; several sequences or accessions.
        atlas: An atlas, its folder, or its id on the Hugging Face hub.
        plm: The PLM of the atlas, or where it is. None: where the atlas says.
        settings: Long sequences, downloads.
        device: Where the PLM and the SAE run, as torch names it.

    Returns:
        `.calls`, `.features` and more tables, `.to_html()`, `.save(folder)`.

    Raises:
        PlmscopeError: In one sentence: what cannot be read or does not fit, and what to do.
    """
    check_device(device)
    if not isinstance(atlas, Atlas):
        atlas = load_atlas(atlas, device)
    tables = read_query(sequences, atlas.proteins, downloads=settings.downloads)
    if plm is None or isinstance(plm, str):
        plm = _load_plm(plm or atlas.identity.plm_source, device)
    refuse_other_plm(plm, atlas)
    fitting = _refuse_long(tables, plm, settings)
    return _explain(fitting, atlas, plm, settings)


def _load_plm(source: str, device: str) -> ProteinLanguageModel:
    try:
        return load_plm(source, device)
    except PlmError as error:
        raise PlmError(
            f"{error} If it is elsewhere, say where: --plm, or plm= in Python."
        ) from error


def refuse_other_plm(plm: ProteinLanguageModel, atlas: Atlas) -> None:
    """Refuse a PLM that is not the atlas's.

    Raises:
        AtlasError: Naming both.
    """
    identity = atlas.identity
    if plm.revision != identity.plm_revision or plm.token_rule != identity.token_rule:
        raise AtlasError(
            f"The atlas is about {identity.plm_id}, revision {identity.plm_revision[:20]}…, but the"
            f" PLM is {plm.plm_id}, revision {plm.revision[:20]}…. Give the PLM that the atlas was"
            f" made with ({identity.plm_source}), or an atlas of this one."
        )


def _refuse_long(
    tables: ProteinTables, plm: ProteinLanguageModel, settings: ExplainSettings
) -> ProteinTables:
    """Put sequences among the rejects that are longer than the PLM takes, unless in windows."""
    proteins, rejects = tables
    is_long = proteins["length"] > plm.max_residues
    if settings.long_sequences == "windows" or not is_long.any():
        return tables
    reason = (
        f"longer than {plm.plm_id} takes ({plm.max_residues} residues): embed it in windows with"
        " long_sequences: windows"
    )
    left_out = reject_proteins(proteins[is_long], "length", reason)
    rejects = pd.concat([rejects, left_out], ignore_index=True)
    proteins = proteins[~is_long].reset_index(drop=True)
    refuse_if_all_rejected(proteins, rejects)
    return ProteinTables(proteins, rejects)


def _explain(
    tables: ProteinTables, atlas: Atlas, plm: ProteinLanguageModel, settings: ExplainSettings
) -> Explanation:
    proteins = tables.proteins
    names, sequences = proteins["accession"].to_numpy(), proteins["sequence"].tolist()
    source = EmbeddedSequences(plm, atlas.identity.layer, list(names), sequences, settings)
    found = count_in_pass(
        source, atlas.sae, _MakeCollector(atlas, sequences), settings, "Explaining"
    )
    calls, features = found.calls, found.features
    known = _known(sequences, atlas)
    called = calls.to_frame(names, known["fold"].to_numpy())
    listed = features.listed(names)
    shares = _shares(calls, features, sequences, atlas)
    return Explanation(
        identity=atlas.identity,
        proteins=_about_proteins(proteins, known, called, plm),
        calls=called,
        features=listed,
        positions=features.positions(names),
        nearest=nearest_proteins(features.profiles, names, sequences, atlas),
        concept_shares=shares[0],
        feature_shares=shares[1],
        rejects=tables.rejects,
        drawn=_drawn(features.activations, names, called, listed),
        peaks=_heat(features, shares[1], names),
    )


@dataclass(frozen=True)
class _MakeCollector:
    atlas: Atlas
    sequences: list[str]

    def __call__(self, first_protein: int) -> _Collector:
        return _Collector(self, first_protein)


class _Collector(BlockCounter):
    """What is called and what stands out in the sequences from a number on."""

    def __init__(self, given: _MakeCollector, first_protein: int) -> None:
        self.calls = CallCollector(given.atlas)
        self.features = FeatureCollector(given.atlas, given.sequences)
        self._n_seen = first_protein

    def count(self, blocks: Iterable[EncodedBlock]) -> None:
        """Look at some blocks."""
        for block in blocks:
            self.calls.add(block, self._n_seen)
            self.features.add(block, self._n_seen)
            self._n_seen += len(block.accessions)

    def merge(self, later: _Collector) -> None:
        """Take over what was found in the sequences that follow."""
        self.calls.merge(later.calls)
        self.features.merge(later.features)


def _known(sequences: list[str], atlas: Atlas) -> pd.DataFrame:
    """Which of the run's own proteins each sequence is: accession, split, fold."""
    own = atlas.proteins[["sequence", "accession", "split", "fold"]].drop_duplicates("sequence")
    known = pd.DataFrame({"sequence": sequences}).merge(own, how="left", on="sequence")
    return known.fillna({"accession": "", "split": "", "fold": ALL_OF_TEST}).astype({"fold": int})


def _about_proteins(
    proteins: pd.DataFrame, known: pd.DataFrame, calls: pd.DataFrame, plm: ProteinLanguageModel
) -> pd.DataFrame:
    by_protein = calls.groupby("protein")["precision"]
    n_calls = by_protein.size().reindex(proteins["accession"]).fillna(0).to_numpy(dtype=int)
    sure = by_protein.sum().reindex(proteins["accession"]).fillna(0.0).to_numpy()
    fold = known["fold"].to_numpy()
    return pd.DataFrame(
        {
            "protein": proteins["accession"],
            "length": proteins["length"],
            "accession": known["accession"],
            "split": known["split"],
            "precision_from": np.where(
                fold == ALL_OF_TEST, "all of test", "test without its own part"
            ),
            "n_windows": [len(plan_windows(n, plm.max_residues)) for n in proteins["length"]],
            "n_calls": n_calls,
            "n_false": n_calls - sure,
            "sequence": proteins["sequence"],
        }
    )


def _shares(
    calls: CallCollector, features: FeatureCollector, sequences: list[str], atlas: Atlas
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The shares of concepts and features; of a single sequence empty tables."""
    n, n_residues = len(sequences), sum(map(len, sequences))
    if n == 1:
        return pd.DataFrame(columns=CONCEPT_SHARES), pd.DataFrame(columns=FEATURE_SHARES)
    clusters = cluster_queries(sequences, threads=os.cpu_count() or 1)
    return (
        concept_shares(calls.called(n), clusters, calls.n_residues_called / n_residues, atlas),
        feature_shares(features.on, clusters, features.n_residues_on / n_residues, atlas),
    )


def _drawn(
    activations: pd.DataFrame, names: np.ndarray, calls: pd.DataFrame, listed: pd.DataFrame
) -> pd.DataFrame:
    """The values of those features that a protein's calls and list name."""
    named = activations.assign(protein=names[activations["protein"].to_numpy()])
    columns = ["protein", "feature"]
    wanted = pd.concat([calls[columns], listed[columns]]).drop_duplicates()
    return named.merge(wanted, on=columns)


def _heat(features: FeatureCollector, shares: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """protein, feature, peak where a feature of the shares is on."""
    on = features.on.tocoo()
    table = pd.DataFrame({"protein": names[on.coords[0]], "feature": on.coords[1], "peak": on.data})
    return table[table["feature"].isin(shares["feature"])].reset_index(drop=True)
