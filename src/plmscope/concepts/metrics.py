"""Precision, recall and F1 from counts; never NaN: what has nothing to divide by is 0."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

Numbers = Shaped[np.ndarray, "..."]


class Metrics(NamedTuple):
    """Scores of some pairs, all of the same shape.

    Attributes:
        precision: tp / n_active: of the residues where the feature is on, the fraction with the
            concept.
        recall: tp / n_positive: of the residues with the concept, the fraction where it is on.
        recall_per_instance: instances_hit / n_instances; equals `recall` at residue level.
        f1: Harmonic mean of `precision` and `recall_per_instance` (Simon & Zou 2025).
        f1_per_residue: Harmonic mean of `precision` and `recall`.
        lift: precision / (n_positive / n_residues): how much likelier the concept is where the
            feature is on than anywhere.
    """

    precision: Float[np.ndarray, "..."]
    recall: Float[np.ndarray, "..."]
    recall_per_instance: Float[np.ndarray, "..."]
    f1: Float[np.ndarray, "..."]
    f1_per_residue: Float[np.ndarray, "..."]
    lift: Float[np.ndarray, "..."]


def measure(
    tp: Numbers,
    n_active: Numbers,
    instances_hit: Numbers,
    n_positive: Numbers,
    n_instances: Numbers,
    n_residues: Numbers | int,
) -> Metrics:
    """Scores from counts that broadcast against each other.

    Args:
        tp: Residues where the feature is on and the concept is.
        n_active: Residues where the feature is on.
        instances_hit: Instances with a residue where the feature is on.
        n_positive: Residues with the concept.
        n_instances: Instances of the concept.
        n_residues: All residues.
    """
    precision, recall = divide(tp, n_active), divide(tp, n_positive)
    recall_per_instance = divide(instances_hit, n_instances)
    return Metrics(
        precision,
        recall,
        recall_per_instance,
        harmonic_mean(precision, recall_per_instance),
        harmonic_mean(precision, recall),
        divide(precision * n_residues, n_positive),
    )


def divide(numerator: Numbers, denominator: Numbers | int) -> Float[np.ndarray, "..."]:
    """The quotient, 0 where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.zeros(numerator.shape)
    return np.divide(numerator, denominator, out=quotient, where=denominator != 0)


def harmonic_mean(
    a: Float[np.ndarray, "..."], b: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """2ab / (a + b), 0 where both are 0."""
    return divide(2 * a * b, a + b)
