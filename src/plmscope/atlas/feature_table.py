"""The feature table: everything known of each feature of one SAE, a row a feature.

Reading one needs no torch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from plmscope.atlas.errors import AtlasError, FeatureTableMismatch
from plmscope.disk.csv import as_csv
from plmscope.disk.parquet import read_parquet
from plmscope.disk.versions import newest
from plmscope.hub_ids import is_path

if TYPE_CHECKING:
    from plmscope.saes import SAE

FEATURES = "features.parquet"
"""Its name in an atlas."""
SAE_SHA256 = "sae_sha256"
"""The attribute of the table that says which SAE it is about."""
PEAK_LEVELS = (0.5, 0.75, 0.9, 0.95, 0.99)
REMEDY = "Fetch it, or make it, again."

FEATURE_COLUMNS = {
    "feature": "the feature's number, f/<number>",
    "name": "the concept that it stands for: its F1 is above 0.5 on valid, where the concept and"
    " the threshold were chosen, and on test; empty if it has none",
    "concept": "the concept with the best F1 on valid, however low; pooled concepts (Domain: any)"
    " left out, amino acids not; empty if it touches none",
    "category": "of the concept",
    "level": "of the concept: recall, and with it F1, counts residues, or instances (span)",
    "threshold": "it is on above this fraction of its maximum over train; chosen on valid",
    "valid_precision": "fraction of the residues where it is on that carry the concept, on valid",
    "valid_recall": "fraction of the concept's residues, or instances, where it is on, on valid",
    "valid_f1": "their harmonic mean",
    "test_precision": "the same on test, where nothing was chosen",
    "test_precision_low": "lower end of its 95 % interval over homology clusters; named ones only",
    "test_precision_high": "upper end",
    "test_recall": "the same on test",
    "test_recall_low": "lower end of its 95 % interval over homology clusters; named ones only",
    "test_recall_high": "upper end",
    "test_f1": "their harmonic mean",
    "test_f1_low": "lower end of its 95 % interval over homology clusters; named ones only",
    "test_f1_high": "upper end",
    "p_value": "chance of as large an overlap on test with labels moved along their proteins",
    "q_value": "the same after Benjamini and Hochberg's correction for all pairs",
    "n_held_out_calls": "calls on test: stretches of residues, fragments joined; named ones only",
    "held_out_precision": "fraction of these that touch an instance of the concept",
    "held_out_precision_low": "lower end of Wilson's 95 % interval of that fraction",
    "max_activation": "highest activation over all proteins of the run; 1 is the highest on train",
    "mean_when_active": "mean activation over the residues where it is active",
    "n_residues_active": "residues where it is active",
    "n_proteins_active": "proteins where it is active",
    "fraction_of_residues": "fraction of all residues where it is active",
    "fraction_of_proteins": "fraction of all proteins where it is active",
    "fraction_when_present": "fraction of a protein's residues where it is active, mean over the"
    " proteins where it is",
    "n_clusters_on": "homology clusters in which half the proteins or more have a peak above 0.5",
    "n_clusters": "homology clusters of the run",
    **{
        f"peak_q{level * 100:g}": f"{level * 100:g} % of the run's proteins have no higher peak"
        for level in PEAK_LEVELS
    },
    "description": "what the feature is, in a sentence made of the columns here",
    "pattern": "how it fires: whole protein, periodic, N terminus, C terminus, single residue,"
    " short motif, long stretch or domain; or why it cannot be told. On, here and below, is above"
    " reporting.on_above of its maximum",
    "n_proteins_on": "proteins where it is on",
    "site_length": "half of the residues of its sites (stretches, near ones joined) are in sites no"
    " longer than this; 64 at most",
    "coverage": "fraction of a protein's residues where it is on, mean over the proteins where it"
    " is",
    "period": "commonest distance of successive stretches in equal steps, residues; 0 for none",
    "periodicity": "fraction of three successive stretches that are in equal steps of that period",
    "near_start": "fraction of the proteins where it is on whose first 30 residues have its peak",
    "near_end": "the same of the last 30 residues",
    "amino_acids": "preferred amino acids, commonest first: twice as common where it is on as"
    " elsewhere, and a tenth of these residues or more",
    "top_amino_acid_share": "fraction of the residues where it is on that are its commonest amino"
    " acid",
    "motif": "what its peaks on train have in common, as a PROSITE pattern; empty if it has none",
    "motif_bits": "information of the aligned windows above that of shuffled ones, bits",
    "motif_share": "fraction of the windows that the pattern matches",
    "n_motif_windows": "windows, one a homology cluster of train",
    "at_peaks": "the commonest annotation at its ten highest peaks on train, one a homology"
    " cluster, if three or more are in it; empty otherwise",
    "n_at_peaks": "peaks in it",
    "n_peaks": "peaks looked at",
    "structure_at_peaks": "Helix, Beta strand or Turn, if four of five of these peaks are in it; at"
    " least five have to be in proteins of a known structure; empty otherwise",
    "n_in_structure": "peaks in it",
    "n_with_structure": "peaks in proteins of a known structure",
    "shared_words": "up to three words in the names of the proteins with these peaks, or of what"
    " is annotated there, that hardly so many would share by chance; the least likely first",
    "n_with_word": "of these proteins, those with the first word",
    "rung": "how far a named feature gets: 1 its score on test, 2 the score's interval, 3 above its"
    " controls, 4 above its own motif, 5 used by the PLM; 0 without a name, or before the pipeline"
    " feature_effects",
    "effect": "by how much the masked-LM loss at its concept's residues rises without it, nats;"
    " named ones only, as the next three",
    "effect_low": "lower end of its 95 % interval over homology clusters",
    "effect_high": "upper end",
    "above_controls_low": "lower end of the interval of how far that rise is above its controls'",
    "family": "its family of decoder directions on the map; -1 for none",
    "family_name": "what that family is called; empty if it is in none",
    "module": "its module of co-activation; -1 for none",
    "module_name": "what that module is called; empty if it is in none",
    "x": "its place on the map of decoder directions",
    "y": "the same, upwards",
    "near": "features with the nearest decoder directions, nearest first",
    "near_cosine": "cosines of these",
    "co_active": "features most often on at the same residues, first the most often",
    "co_activation": "residues shared with these, as a cosine",
    "histogram": "active residues in 25 equal bins of activation from 0 to 1",
    "peaks": "proteins in 100 equal bins of the feature's peak from 0 to 1",
}
"""The column dictionary."""


def load_feature_table(source: str | Path, sae: SAE | None = None) -> pd.DataFrame:
    """Read a feature table.

    Args:
        source: An atlas, a table's Parquet file, the dataset `feature_table` of a run (the newest
            version is read), or the Hugging Face hub's id of an atlas ("owner/name").
        sae: The SAE to use it with; None asks nothing.

    Returns:
        A row a feature; `FEATURE_COLUMNS` explains the columns, as does `attrs["columns"]`;
        `attrs["sae_sha256"]` says of which SAE it is.

    Raises:
        AtlasError: It is not there, or no feature table.
        DamagedFileError: It is not what was written.
        FeatureTableMismatch: It is about another SAE than `sae`.
    """
    path = _find(source)
    table = read_parquet(path, REMEDY)
    if SAE_SHA256 not in table.attrs:
        raise AtlasError(f"{path} is no feature table: it does not say of which SAE. {REMEDY}")
    if sae is not None:
        from plmscope.saes import fingerprint

        refuse_other_sae(table, fingerprint(sae), str(path))
    return table


def refuse_other_sae(table: pd.DataFrame, sha256: str, where: str) -> None:
    """Refuse a feature table of another SAE.

    Args:
        table: The feature table.
        sha256: `fingerprint` of the SAE that it is to be used with.
        where: The table's file.

    Raises:
        FeatureTableMismatch: Naming both.
    """
    found = table.attrs.get(SAE_SHA256, "")
    if found != sha256:
        raise FeatureTableMismatch(
            f"{where} is about the SAE {found[:12]}…, not about {sha256[:12]}…: a feature's number"
            " means nothing for another SAE. Give the table and the SAE of one atlas."
        )


def feature_csv(table: pd.DataFrame) -> str:
    """A feature table as comma-separated text; lists are JSON."""
    return as_csv(table.map(_as_cell))


def _as_cell(value: object) -> object:
    if not isinstance(value, list | np.ndarray):
        return value
    values = np.asarray(value)
    return json.dumps(
        values.astype(float).round(4).tolist() if values.dtype.kind == "f" else values.tolist()
    )


def _find(source: str | Path) -> Path:
    path = newest(Path(source).expanduser())
    if path.is_dir():
        path = path / FEATURES
    if path.is_file():
        return path
    if is_path(str(source)):
        raise AtlasError(
            f"{path} does not exist. Give an atlas, a feature table, or a hub id (owner/name)."
        )
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(str(source), FEATURES))
    except (OSError, ValueError) as error:
        raise AtlasError(
            f"{source} is no local folder, and {FEATURES} could not be fetched from the Hugging"
            f" Face hub ({type(error).__name__}). Check the name, or the network."
        ) from error
