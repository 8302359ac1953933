"""Counting overlaps, beside a loop over concepts and thresholds and beside encoding alone."""

import multiprocessing
import resource
import time

import numpy as np
import torch
from scipy.sparse import csr_array

from benchmarks.concept_world import (
    N_CONCEPTS,
    N_FEATURES,
    PROTEIN_LENGTH,
    K,
    MadeUpEncoder,
    MadeUpStore,
    make_labels,
)
from benchmarks.harness import Figure, make_figure, seconds_in_turn
from plmscope.concepts import ConceptLabels, CountingSettings, OverlapCounts, count_overlaps
from plmscope.concepts.counting.counts import Pairs
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.saes import make_sae

THRESHOLDS = (0.0, 0.15, 0.5, 0.6, 0.8)
COUNTING = CountingSettings(thresholds=THRESHOLDS)
N_REFERENCE_CONCEPTS = 4
MANY_RESIDUES = 5_000_000
MEMORY_LIMIT_GB = 4.0


def run() -> list[Figure]:
    """Measure every figure."""
    few, many = (_in_own_process(n // PROTEIN_LENGTH) for n in (MANY_RESIDUES // 4, MANY_RESIDUES))
    return [
        _beside_loop(),
        _beside_encoding(),
        make_figure(
            "peak memory, 5 million residues", many[1], MEMORY_LIMIT_GB, "GB", "the limit set"
        ),
        make_figure(
            "processor seconds per million residues, 5 million",
            many[0] / (MANY_RESIDUES / 1e6),
            few[0] / (MANY_RESIDUES / 4e6),
            "s",
            "the same for a quarter of the residues",
        ),
    ]


def loop_counts(
    cuts: list[csr_array], labels: ConceptLabels, concepts: range
) -> list[list[tuple[np.ndarray, ...]]]:
    """tp, fp and instances hit of some concepts at each threshold, one concept after the other.

    As InterPLM counts: the features, cut at a threshold, are multiplied with where the label is,
    that is taken from them again, and at span level they are multiplied with the instances.
    InterPLM finds the last in a Python loop over the features, which takes several times longer; a
    product with the instances gives the same count.
    """
    by_concept = labels.residues.tocsc()
    counts = []
    for on in cuts:
        of_threshold = []
        for concept in concepts:
            label = by_concept[:, [concept]]
            tp = on.multiply(label > 0).sum(axis=0)
            fp = (on.multiply(label != 0).multiply(-1) + on).sum(axis=0)
            hit = tp
            if labels.is_span_level[concept]:
                members = labels.instances[:, labels.instance_concept == concept]
                hit = (members.T @ on > 0).sum(axis=0)
            of_threshold.append((tp, fp, hit))
        counts.append(of_threshold)
    return counts


def _beside_loop() -> Figure:
    store, encoder = MadeUpStore(432), MadeUpEncoder.make()
    labels = make_labels(store)
    encoded = [encoder.encode_sparse(block.x) for block in store.blocks()]
    indices, values = (torch.cat(parts).numpy() for parts in zip(*encoded, strict=True))
    indptr = np.arange(len(values) + 1) * K
    features = csr_array((values.ravel(), indices.ravel(), indptr), shape=(len(values), N_FEATURES))
    cuts = [(features > np.float32(threshold)).astype(np.int32) for threshold in THRESHOLDS]
    chosen = range(0, N_CONCEPTS - 20, (N_CONCEPTS - 20) // N_REFERENCE_CONCEPTS)

    def ours() -> OverlapCounts:
        return count_overlaps(LabelledFeatures(store, encoder, labels), COUNTING)

    def reference() -> list[list[tuple[np.ndarray, ...]]]:
        return loop_counts(cuts, labels, chosen)

    _assert_equal(ours(), reference(), chosen)
    mine, loop = seconds_in_turn(ours, reference)
    return make_figure(
        f"count {N_FEATURES} features x {N_CONCEPTS} concepts x {len(THRESHOLDS)} thresholds,"
        f" {store.n_residues} residues",
        mine,
        loop * N_CONCEPTS / len(chosen),
        "s",
        "a sparse loop over concepts and thresholds, as in InterPLM;"
        f" {len(chosen)} concepts measured, scaled to {N_CONCEPTS}; its counts are equal, and ours"
        " has those over annotated proteins besides",
    )


def _assert_equal(
    counts: OverlapCounts, reference: list[list[tuple[np.ndarray, ...]]], concepts: range
) -> None:
    for threshold, of_threshold in enumerate(reference):
        for concept, (tp, fp, hit) in zip(concepts, of_threshold, strict=True):
            np.testing.assert_array_equal(counts.tp[concept, :, threshold], tp)
            pairs = Pairs(*np.broadcast_arrays(concept, np.arange(counts.n_features), threshold))
            np.testing.assert_array_equal(counts.fp(pairs), fp)
            np.testing.assert_array_equal(counts.instances_hit[concept, :, threshold], hit)


def _beside_encoding() -> Figure:
    """A TopK SAE on random activations, 320 wide as ESM-2 8M."""
    made_up = MadeUpStore(108)
    x = torch.randn(made_up.n_residues, 320, generator=torch.Generator().manual_seed(0))
    sae = make_sae({"architecture": "topk", "d_model": 320, "d_sae": N_FEATURES, "k": K})
    sae.calibrate(x.split(8192))
    labels = make_labels(made_up)

    class Store(MadeUpStore):
        def blocks(self, max_residues: int = 8192):
            for block in super().blocks(max_residues):
                yield block._replace(x=x[block.x[:, 0]])

    store = Store(made_up.n_proteins)

    @torch.inference_mode()
    def encode() -> None:
        for block in store.blocks():
            sae.encode_sparse(block.x)

    whole, alone = seconds_in_turn(
        lambda: count_overlaps(LabelledFeatures(store, sae, labels), COUNTING), encode, repeats=3
    )
    return make_figure(
        f"whole pass, {store.n_residues} residues", whole, alone, "s", "encoding alone"
    )


def _in_own_process(n_proteins: int) -> tuple[float, float]:
    """Processor seconds of a pass, and the peak memory in GB of a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_pass_over, (n_proteins,))


def _pass_over(n_proteins: int) -> tuple[float, float]:
    store, encoder = MadeUpStore(n_proteins), MadeUpEncoder.make()
    labels = make_labels(store)
    start = time.process_time()
    count_overlaps(LabelledFeatures(store, encoder, labels), COUNTING)
    seconds = time.process_time() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
