"""The map of the decoder directions, and the families that it falls into."""

from __future__ import annotations

import warnings
from typing import cast

import numpy as np
import torch
from jaxtyping import Float, Int

from plmscope.features.families.settings import NO_FAMILY, FamilySettings
from plmscope.saes import SAE

_FEWEST = 5
"""Points that UMAP can lay out."""
_AT_ONCE = 1024


def decoder_directions(sae: SAE) -> Float[np.ndarray, "d_sae d_model"]:
    """The decoder's row of each feature, of unit length (float32).

    Features that have no row, as the statistics of the input in an SAE of InterProt, are of length
    0.
    """
    decoder = cast(torch.Tensor, sae.W_dec).detach().float().cpu()
    rows = torch.zeros(sae.d_sae, decoder.shape[1])
    rows[: len(decoder)] = decoder
    return torch.nn.functional.normalize(rows, dim=1).numpy()


def draw_map(
    directions: Float[np.ndarray, "n d_model"],
    near: Int[np.ndarray, "n k"],
    cosines: Float[np.ndarray, "n k"],
    settings: FamilySettings,
) -> Float[np.ndarray, "n 2"]:
    """The directions laid out in the plane by UMAP (McInnes et al. 2018) with cosine distances.

    Args:
        directions: Of the features that fire.
        near: The nearest others of each, see `nearest_directions`, as many as the settings ask:
            UMAP would compare all pairs of few, and search among many by chance.
        cosines: With these.
        settings: Neighbours, distance, seed.
    """
    n = len(directions)
    if n < _FEWEST:
        return np.zeros((n, 2))
    from umap.umap_ import UMAP

    k = min(settings.n_neighbours, n - 1)  # of UMAP's neighbours the first is the point itself
    itself = np.arange(n)[:, None]
    distances = np.pad(np.maximum(1 - cosines[:, : k - 1], 0), [(0, 0), (1, 0)])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_jobs value")  # a seed allows one thread
        warnings.filterwarnings("ignore", message="precomputed_knn")  # no more is put on the map
        layout = UMAP(
            metric="cosine",
            n_neighbors=k,
            min_dist=settings.min_distance,
            init="spectral" if n > settings.n_neighbours else "random",
            random_state=settings.seed,
            precomputed_knn=(np.hstack([itself, near[:, : k - 1]]), distances.astype(np.float32)),
        ).fit_transform(directions)
    return np.asarray(layout, dtype=np.float64)


def find_families(
    places: Float[np.ndarray, "n 2"], settings: FamilySettings
) -> Int[np.ndarray, " n"]:
    """The dense groups of the map, by HDBSCAN (Campello et al. 2013).

    Args:
        places: On the map.
        settings: Sizes.

    Returns:
        The family of each, the largest being 0; `NO_FAMILY` of those between families.
    """
    if len(places) < max(settings.min_size, _FEWEST):
        return np.full(len(places), NO_FAMILY)
    from sklearn.cluster import HDBSCAN

    found = HDBSCAN(
        min_cluster_size=settings.min_size, min_samples=settings.min_samples, copy=True
    ).fit_predict(places)
    return by_size(found)


def by_size(group: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The same groups, the largest being 0; what is in none stays `NO_FAMILY`."""
    members, number, sizes = np.unique(group, return_inverse=True, return_counts=True)
    sizes = np.where(members < 0, 0, sizes)
    rank = np.empty(len(members), dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(members))
    return np.where(members < 0, NO_FAMILY, rank)[number]


def nearest_directions(
    directions: Float[np.ndarray, "n d_model"], n_neighbours: int
) -> tuple[Int[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
    """The nearest other directions of each, nearest first, with their cosines.

    Args:
        directions: Of unit length.
        n_neighbours: Neighbours wanted; fewer where there are fewer.
    """
    given = torch.from_numpy(directions)
    k = min(n_neighbours, len(given) - 1)
    near, cosines = [], []
    for first in range(0, len(given), _AT_ONCE):
        cosine = given[first : first + _AT_ONCE] @ given.T
        row = torch.arange(len(cosine))
        cosine[row, row + first] = -torch.inf
        values, numbers = cosine.topk(max(k, 0), dim=1)
        near.append(numbers)
        cosines.append(values)
    if not near:
        return np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0), dtype=np.float32)
    return torch.cat(near).numpy(), torch.cat(cosines).numpy()
