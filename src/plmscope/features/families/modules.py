"""Modules: groups of features that are on at the same residues."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from plmscope.features.families.decoder_map import by_size
from plmscope.features.families.settings import NO_FAMILY, FamilySettings


def find_modules(
    near: Sequence[Int[np.ndarray, " n_near"]],
    similarity: Sequence[Float[np.ndarray, " n_near"]],
    settings: FamilySettings,
) -> Int[np.ndarray, " d_sae"]:
    """Communities of the graph that joins each feature to those it is most often on with.

    By Louvain's method (Blondel et al. 2008), as networkx has it, weighted by the similarity.

    Args:
        near: The neighbours of each feature, see `coactivation_neighbours`.
        similarity: Their similarities.
        settings: How similar, how large, seed.

    Returns:
        The module of each feature, the largest being 0; `NO_FAMILY` without one.
    """
    import networkx as nx

    graph = nx.Graph()
    for feature, (others, how) in enumerate(zip(near, similarity, strict=True)):
        joined = how >= settings.min_coactivation
        graph.add_weighted_edges_from(
            (feature, int(other), float(weight))
            for other, weight in zip(others[joined], how[joined], strict=True)
        )
    modules = np.full(len(near), NO_FAMILY)
    communities = nx.community.louvain_communities(graph, seed=settings.seed)
    for number, members in enumerate(sorted(communities, key=min)):
        if len(members) >= settings.min_size:
            modules[list(members)] = number
    return by_size(modules)
