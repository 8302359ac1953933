"""Nodes of structures."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import features, saes, structures

logger = logging.getLogger(__name__)


def map_structures(
    structure_folder: Path, proteins: pd.DataFrame, settings: structures.StructureSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Place the residues of the run's proteins by the structures of a folder.

    Args:
        structure_folder: PDB and mmCIF files; AlphaFold DB's models are put there too, if wanted.
        proteins: Their sequences.
        settings: Which structures are used.

    Returns:
        `structure_residues`, `structure_chains` and `structure_rejects`.
    """
    not_fetched = pd.DataFrame()
    if settings.alphafold:
        not_fetched = structures.fetch_models(proteins["accession"].tolist(), structure_folder)
    files = structures.find_structure_files(structure_folder)
    mapped = structures.map_structures(files, proteins, settings)
    rejects = pd.concat([mapped.rejects, not_fetched], ignore_index=True)
    for reject in mapped.rejects.head(_MOST_WARNINGS).to_dict("records"):
        logger.warning("%(file)s %(chain)s: %(reason)s", reject)
    return mapped.residues, mapped.chains, rejects[list(mapped.rejects.columns)]


_MOST_WARNINGS = 10


def measure_structures(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    proteins: pd.DataFrame,
    structure_residues: pd.DataFrame,
    settings: structures.StructureSettings,
    reporting: features.ReportingSettings,
) -> pd.DataFrame:
    """Measure how active features are around their peaks, along the chain and in space.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        proteins: Their homology clusters.
        structure_residues: Where residues are.
        settings: Which proteins are looked at, what is near.
        reporting: From which fraction of its maximum on a feature is on; block size.

    Returns:
        `structure_measures`.
    """
    return structures.measure_structures(
        activations,
        sae,
        proteins,
        structure_residues,
        settings,
        on_above=reporting.on_above,
        max_residues=reporting.max_residues,
    )


def assess_features(
    structure_measures: pd.DataFrame, settings: structures.StructureSettings
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Say which features are active beyond permutation near their peaks.

    Args:
        structure_measures: Scores and their permutations, a row a feature and protein.
        settings: In how many proteins a feature must be measured.

    Returns:
        `structure_tests`, and `structure_summary`: what they add up to.
    """
    tests = structures.assess_features(structure_measures, settings)
    summary = structures.summarise_structures(structure_measures, tests, settings)
    logger.info(
        "%d features peak in %d proteins with a structure; %d do so in %d clusters or more and are"
        " tested",
        *(summary["n_features"], summary["n_proteins"]),
        *(summary["n_tested"]["space"], settings.min_proteins),
    )
    for test, n in summary["n_significant"].items():
        logger.info("%-22s %4d of %4d features", test, n, summary["n_tested"][test])
    return tests, summary
