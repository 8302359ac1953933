"""The place of values among those of their group."""

import numpy as np
from numpy.typing import NDArray


def rank_within(group: NDArray[np.integer]) -> NDArray[np.int64]:
    """0, 1, 2, … within each run of equal values of a sorted array.

    Args:
        group: Of each value, 0 or more.
    """
    first = np.flatnonzero(np.diff(group, prepend=-1))
    return np.arange(len(group)) - np.repeat(first, np.diff(first, append=len(group)))
