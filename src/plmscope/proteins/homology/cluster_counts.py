"""Counting homology clusters instead of proteins, as relatives are no independent witnesses."""

import numpy as np
import pandas as pd
from jaxtyping import Int
from scipy.sparse import csr_array


def count_clusters(has: csr_array, clusters: np.ndarray) -> Int[np.ndarray, " n_things"]:
    """In how many clusters half the members or more have each thing.

    Args:
        has: Nonzero where a protein has it, [n_proteins, n_things].
        clusters: The cluster of each protein.
    """
    number, names = pd.factorize(clusters)
    size = np.bincount(number, minlength=len(names))
    gather = csr_array(
        (np.ones(len(number), dtype=np.int32), (number, np.arange(len(number)))),
        shape=(len(names), len(number)),
    )
    by_cluster = (gather @ (has > 0).astype(np.int32)).tocoo()
    in_most = 2 * by_cluster.data >= size[by_cluster.coords[0]]
    return np.bincount(by_cluster.coords[1][in_most], minlength=has.shape[1])
