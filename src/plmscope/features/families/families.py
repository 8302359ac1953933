"""Families of features: what is in each, and what it is called."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from plmscope.features.families.agreement import measure_agreement
from plmscope.features.families.decoder_map import (
    decoder_directions,
    draw_map,
    find_families,
    nearest_directions,
)
from plmscope.features.families.modules import find_modules
from plmscope.features.families.settings import KINDS, NO_FAMILY, FamilySettings
from plmscope.saes import SAE

_ENOUGH = 1 / 3
"""A family is called by a concept if so large a fraction of its members has that name."""
_N_CONCEPTS = 3


class FeatureFamilies(NamedTuple):
    """What belongs together.

    Attributes:
        members: A row a feature: `feature`; `x`, `y` on the map of decoder directions (missing if
            it never fires); `family`, `module` (-1: none); `near` and `near_cosine`, the nearest
            decoder directions; `co_active` and `co_activation`, the features most often on with it.
        families: See `describe_families`.
        agreement: See `measure_agreement`.
    """

    members: pd.DataFrame
    families: pd.DataFrame
    agreement: pd.DataFrame


def group_features(
    sae: SAE,
    patterns: pd.DataFrame,
    coactivation: pd.DataFrame,
    names: pd.Series[str],
    settings: FamilySettings,
) -> FeatureFamilies:
    """Put the features into families and modules, and measure how well these go with concepts.

    Args:
        sae: Its decoder gives the directions.
        patterns: See `classify_patterns`.
        coactivation: See `coactivation_neighbours`.
        names: The concept of each named feature, indexed by feature.
        settings: Sizes, seed.
    """
    d_sae = sae.d_sae
    alive = np.flatnonzero(patterns["n_proteins_on"].to_numpy() > 0)
    directions = decoder_directions(sae)[alive]
    near, cosines = nearest_directions(directions, settings.n_neighbours)
    places = draw_map(directions, near, cosines, settings)
    co_active, co_activation = (
        coactivation[column].to_list() for column in ("co_active", "co_activation")
    )
    columns = {
        "feature": np.arange(d_sae),
        "x": _spread(places[:, 0], alive, d_sae, np.nan),
        "y": _spread(places[:, 1], alive, d_sae, np.nan),
        "family": _spread(find_families(places, settings), alive, d_sae, NO_FAMILY),
        "module": find_modules(co_active, co_activation, settings),
        "near": _lists(alive[near], alive, d_sae),
        "near_cosine": _lists(cosines, alive, d_sae),
        "co_active": co_active,
        "co_activation": co_activation,
    }
    members = pd.DataFrame(columns)
    name_of = names.reindex(range(d_sae)).fillna("")
    on_map = _nearest_places(places, settings.n_neighbours)
    agreement = measure_agreement(
        {
            "decoder map": _lists(alive[on_map], alive, d_sae),
            "decoder directions": members["near"].to_list(),
            "co-activation": co_active,
        },
        name_of,
        settings.seed,
    )
    return FeatureFamilies(members, describe_families(members, patterns, name_of), agreement)


def describe_families(
    members: pd.DataFrame, patterns: pd.DataFrame, names: pd.Series[str]
) -> pd.DataFrame:
    """What is in each family and module.

    Args:
        members: feature, family, module.
        patterns: pattern, amino_acids of each feature.
        names: The concept of each feature, "" without.

    Returns:
        `kind` (of `KINDS`), `family` (its number), `name`, `size`, `n_named`, `concepts` (the
        commonest names of its features, with how many have them), `features`.
    """
    known = members[["feature", "family", "module"]].assign(
        name=names.to_numpy(),
        pattern=patterns["pattern"].to_numpy(),
        amino_acids=patterns["amino_acids"].to_numpy(),
    )
    rows = []
    for kind, column in zip(KINDS, ("family", "module"), strict=True):
        for _, group in known[known[column] != NO_FAMILY].groupby(column):
            named = group.loc[group["name"] != "", "name"].value_counts()
            rows.append(
                {
                    "kind": kind,
                    "family": int(group[column].iloc[0]),
                    "name": name_family(group),
                    "size": len(group),
                    "n_named": int(named.sum()),
                    "concepts": "; ".join(
                        f"{name} ({n})" for name, n in named.head(_N_CONCEPTS).items()
                    ),
                    "features": group["feature"].to_numpy(),
                }
            )
    columns = ["kind", "family", "name", "size", "n_named", "concepts", "features"]
    return pd.DataFrame(rows, columns=columns)


def name_family(group: pd.DataFrame) -> str:
    """What a family is called: by the concept of many of its features, else by how they fire.

    Args:
        group: name, pattern, amino_acids of its features.
    """
    names = group.loc[group["name"] != "", "name"].value_counts()
    if len(names) and names.iloc[0] >= max(2, _ENOUGH * len(group)):
        return str(names.index[0])
    pattern = str(group["pattern"].mode().iloc[0])
    preferred = group["amino_acids"].str[:1]
    letters = preferred[preferred != ""].value_counts()
    mostly = f" on {letters.index[0]}" if len(letters) and letters.iloc[0] >= len(group) / 2 else ""
    often = f", some {names.index[0]}" if len(names) and names.iloc[0] >= 2 else ""
    return f"{pattern}{mostly}{often}"


def _nearest_places(places: np.ndarray, n: int) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    k = min(n, len(places) - 1)
    if k < 1:
        return np.zeros((len(places), 0), dtype=np.int64)
    return NearestNeighbors(n_neighbors=k).fit(places).kneighbors(return_distance=False)


def _spread(values: np.ndarray, where: np.ndarray, d_sae: int, otherwise: float) -> np.ndarray:
    spread = np.full(d_sae, otherwise, dtype=values.dtype if len(values) else type(otherwise))
    spread[where] = values
    return spread


def _lists(rows: np.ndarray, where: np.ndarray, d_sae: int) -> list[np.ndarray]:
    lists = [np.zeros(0, dtype=rows.dtype)] * d_sae
    for feature, row in zip(where, rows, strict=True):
        lists[feature] = row
    return lists
