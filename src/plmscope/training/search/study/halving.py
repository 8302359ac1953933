"""Successive halving: which trials of a group go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def rungs(n_residues: int, factor: int | None) -> tuple[int, ...]:
    """After how many residues trials are compared: 1 / factor^2 and 1 / factor of them.

    Args:
        n_residues: Residues of a whole trial.
        factor: None: they are never compared.
    """
    return () if factor is None else (n_residues // factor**2, n_residues // factor)


def survivors(scores: Mapping[int, float], group: Collection[int], factor: int) -> set[int]:
    """The trials of a group that are in the best 1 / factor of all trials at one rung.

    Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934), asked for a group at once
    so that the order within it does not count.

    Args:
        scores: Score of every trial that reached the rung, the group's included; lower is better.
        group: Trials that ask.
        factor: Keeps one in so many, rounded up.
    """
    n_kept = -(-len(scores) // factor)
    best = sorted(scores, key=lambda trial: (scores[trial], trial))[:n_kept]
    return set(best).intersection(group)
