"""How features are spread over the structures of many proteins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from plmscope.activations import ActivationStore
from plmscope.features.hits import find_hits
from plmscope.saes import SAE
from plmscope.saes.encode import EncodedBlock, encode_blocks
from plmscope.structures.neighbourhoods import TESTS, find_neighbours, measure_features
from plmscope.structures.settings import StructureSettings

MEASURES = [
    "feature", "accession", "cluster", "position", "peak",
    *(name for test in TESTS for name in (test, f"{test}_null")),
]  # fmt: skip
_MIN_RESIDUES = 2


def measure_structures(
    store: ActivationStore,
    sae: SAE,
    proteins: pd.DataFrame,
    residues: pd.DataFrame,
    settings: StructureSettings,
    *,
    on_above: float,
    max_residues: int,
) -> pd.DataFrame:
    """The neighbourhood of every feature's peak in every protein that has a structure.

    Args:
        store: Activations of all proteins.
        sae: Scaled to the maxima of its features.
        proteins: accession, cluster.
        residues: `RESIDUES`: where residues are.
        settings: Which proteins are looked at, what is near.
        on_above: From which fraction of its maximum on a feature is on.
        max_residues: Of a block.

    Returns:
        `MEASURES`, a row a feature and protein in which it exceeds `settings.peak_above`, of each
        homology cluster one, at most `settings.max_proteins`: the position and value of the peak,
        and of each of `TESTS` the score and its mean under permutation.
    """
    rng = np.random.default_rng(settings.seed)
    known = {str(accession): rows for accession, rows in residues.groupby("accession", sort=False)}
    with_structure = store.select([name for name in store.accessions if name in known])
    parts = [pd.DataFrame({name: [] for name in MEASURES})]
    for block in encode_blocks(with_structure, sae, max_residues, "measuring structures"):
        for accession, features in _proteins_of(block, sae.d_sae):
            table = _measure(features, known[accession], settings, on_above, rng)
            parts.append(table.assign(accession=accession))
    measured = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    clusters = proteins.set_index("accession")["cluster"].astype(str)
    measured["cluster"] = measured["accession"].map(clusters)
    return _choose(measured, settings)[MEASURES].astype({"feature": "int64", "position": "int64"})


def _proteins_of(block: EncodedBlock, d_sae: int) -> Iterator[tuple[str, csr_array]]:
    """Each protein of a block with its features, [n_residues, d_sae]."""
    hits = find_hits(block)
    row = block.offsets[hits.protein.numpy()] + hits.position.numpy() - 1
    cells = (row, hits.feature.numpy())
    features = csr_array((hits.value.numpy(), cells), shape=(len(block.x), d_sae))
    for number, accession in enumerate(block.accessions):
        yield accession, features[block.offsets[number] : block.offsets[number + 1]]


def _measure(
    features: csr_array,
    residues: pd.DataFrame,
    settings: StructureSettings,
    on_above: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The rows of one protein."""
    position = residues["position"].to_numpy()
    placed = features[position - 1]
    peaks, number, values = _peaks(placed, settings.peak_above)
    if not len(number) or len(position) < _MIN_RESIDUES:
        return pd.DataFrame()
    ca = residues[["x", "y", "z"]].to_numpy(dtype=float)
    near = find_neighbours(position, ca, settings)
    measured = measure_features(
        csr_array(placed.tocsc()[:, number].T), peaks, near, on_above, settings.n_permutations, rng
    )
    columns = {"feature": number, "position": position[peaks], "peak": values}
    for test, (score, null) in measured.items():
        columns |= {test: score, f"{test}_null": null}
    return pd.DataFrame(columns)


def _peaks(
    placed: csr_array, above: float
) -> tuple[
    Int[np.ndarray, " n_features"], Int[np.ndarray, " n_features"], Float[np.ndarray, " n_features"]
]:
    """The first residue of the highest value of each feature that exceeds a value."""
    cells = placed.tocoo()
    high = cells.data > above
    rows = pd.DataFrame(
        {"feature": cells.col[high], "residue": cells.row[high], "value": cells.data[high]}
    ).sort_values(["feature", "value", "residue"], ascending=[True, False, True])
    first = rows.drop_duplicates("feature")
    return first["residue"].to_numpy(), first["feature"].to_numpy(), first["value"].to_numpy()


def _choose(measured: pd.DataFrame, settings: StructureSettings) -> pd.DataFrame:
    """Of each feature one protein a homology cluster, at random, and no more than are wanted."""
    rng = np.random.default_rng(settings.seed)
    accessions = np.unique(measured["accession"].astype(str))
    turn = dict(zip(accessions, rng.permutation(len(accessions)), strict=True))
    ordered = measured.assign(turn=measured["accession"].map(turn)).sort_values(["feature", "turn"])
    one_each = ordered.drop_duplicates(["feature", "cluster"])
    chosen = one_each[one_each.groupby("feature").cumcount() < settings.max_proteins]
    return chosen.reset_index(drop=True)
