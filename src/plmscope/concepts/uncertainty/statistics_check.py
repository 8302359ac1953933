"""Whether p-values and intervals mean what they say, on data where the truth is known."""

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from plmscope.concepts.amino_acids import without_amino_acids
from plmscope.concepts.counting.by_protein import PairCounts
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.errors import ConceptTableError
from plmscope.concepts.scoring.summary import SIGNIFICANT_Q
from plmscope.concepts.settings import (
    CountingSettings,
    StatisticsCheckSettings,
    UncertaintySettings,
)
from plmscope.concepts.uncertainty.bootstrap import INTERVAL_SCORES, bootstrap_intervals
from plmscope.concepts.uncertainty.permutation import (
    log_p_steps,
    p_values_in_pool,
    permute_overlaps,
    pool_log_p,
)
from plmscope.parameters import Record
from plmscope.progress import show_progress


class NullCheck(Record):
    """What the permutation test finds on shuffled labels, where nothing is to be found."""

    n_shuffles: int
    """Shuffled labels tested."""

    n_pairs: int
    """Pairs tested on each."""

    fraction_discovered: float
    """Fraction of the pairs with q < 0.05, mean over shuffles."""

    fraction_of_shuffles_with_discovery: float
    """Fraction of the shuffles with any pair at q < 0.05: where all pairs are null, this is the
    false discovery rate."""

    fraction_below: dict[str, float]
    """Fraction of the p-values below 0.001, 0.01 and 0.05."""


class IntervalCheck(Record):
    """How often intervals hold a truth that is known."""

    n_samples: int
    """Samples drawn."""

    n_pairs: int
    """Pairs scored in each."""

    coverage: dict[str, float]
    """Fraction of the intervals that hold the truth, by score."""


class StatisticsCheck(Record):
    """The `statistics_check_report` dataset."""

    null: NullCheck
    """On shuffled labels of test."""

    intervals: dict[str, IntervalCheck]
    """Of samples from the clusters of valid, and of test. How far intervals are widened was decided
    on test, so that valid is the check."""


def check_p_values(
    labelled: LabelledFeatures,
    cluster_of: pd.Series,
    pairs: pd.DataFrame,
    counting: CountingSettings,
    uncertainty: UncertaintySettings,
    settings: StatisticsCheckSettings,
) -> NullCheck:
    """Test all pairs of annotated concepts on shuffled labels.

    Rotated labels that are rotated once more are as good as labels rotated once, so that one pass
    gives the shuffled labels and their permutations: each of `n_shuffles` rotations in turn is
    held for the observed one against the `n_permutations` others.

    Args:
        labelled: The features of the test split, and their labels.
        cluster_of: Homology cluster by accession.
        pairs: concept, category, feature, threshold.
        counting: Thresholds, block size.
        uncertainty: Number of permutations, seed.
        settings: Number of shuffles.

    Raises:
        ConceptTableError: There is no pair of an annotated concept.
    """
    annotated = without_amino_acids(pairs)
    if annotated.empty:
        raise ConceptTableError(
            "No feature overlaps with an annotated concept on valid: there is nothing to check."
            " concept_summary names the concepts that were searched for."
        )
    n_rotations = uncertainty.n_permutations + settings.n_shuffles
    overlaps, moments = permute_overlaps(
        labelled,
        cluster_of,
        annotated,
        counting,
        uncertainty.model_copy(update={"n_permutations": n_rotations}),
    )
    steps = [log_p_steps(of_rotation, moments) for of_rotation in overlaps]
    pool = pool_log_p(steps[settings.n_shuffles :])
    p_values = np.stack(
        [p_values_in_pool(observed, pool) for observed in steps[: settings.n_shuffles]]
    )
    discovered = false_discovery_control(p_values, axis=1) < SIGNIFICANT_Q
    return NullCheck(
        n_shuffles=settings.n_shuffles,
        n_pairs=len(annotated),
        fraction_discovered=float(discovered.mean()),
        fraction_of_shuffles_with_discovery=float(discovered.any(axis=1).mean()),
        fraction_below={
            str(threshold): float((p_values < threshold).mean())
            for threshold in (0.001, 0.01, 0.05)
        },
    )


def check_intervals(
    population: PairCounts, uncertainty: UncertaintySettings, settings: StatisticsCheckSettings
) -> IntervalCheck:
    """Draw samples of clusters from a population with known scores, and give them intervals.

    The population is the clusters of a held-out split, so that its pairs, sizes and rarity are
    those of real reports; a sample has as many clusters, drawn with replacement. Pairs whose score
    in the population is 0 or 1 are left out, since no sample can miss it, and so are concepts that
    few clusters carry.

    Args:
        population: Counts of the reported pairs by cluster.
        uncertainty: Bootstrap size, coverage, seed.
        settings: Number of samples, clusters that a concept needs.
    """
    n_clusters = len(population.groups)
    truth = population.summed(np.ones(n_clusters))
    is_carried = population.n_carriers >= settings.min_carriers
    is_open = is_carried & (truth.f1 > 0) & (truth.f1 < 1)
    rng = np.random.default_rng(uncertainty.seed + 1)
    held: dict[str, list[np.ndarray]] = {name: [] for name in INTERVAL_SCORES}
    with show_progress("sampling clusters", settings.n_samples, "sample") as progress:
        for _ in range(settings.n_samples):
            sample = population.take(rng.integers(n_clusters, size=n_clusters))
            intervals = bootstrap_intervals(sample, uncertainty)
            for name, hits in held.items():
                score = getattr(truth, name)
                above = intervals[f"{name}_low"] <= score
                hits.append((above & (score <= intervals[f"{name}_high"])).to_numpy()[is_open])
            progress.update()
    return IntervalCheck(
        n_samples=settings.n_samples,
        n_pairs=int(is_open.sum()),
        coverage={
            name: float(np.mean(hits)) if is_open.any() else 0.0 for name, hits in held.items()
        },
    )
