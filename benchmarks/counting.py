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
from plmscope.concepts import ConceptLabels, OverlapCounts, count_overlaps
from plmscope.saes import make_sae

THRESHOLDS = (0.0, 0.15, 0.5, 0.6, 0.8)
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
    features: csr_array, labels: ConceptLabels, concept: int
) -> list[tuple[np.ndarray, ...]]:
    """tp, fp, fp in annotated proteins and instances hit of one concept, threshold by threshold.

    As InterPLM counts: the feature matrix is cut at the threshold, then multiplied with where the
    label is and where it is not, residue by residue, and with the instances.
    """
    positive = labels.residues[:, [concept]].toarray()
    of_concept = labels.instances[:, np.flatnonzero(labels.instance_concept == concept)]
    length = np.diff(labels.offsets)
    carries = np.repeat(np.add.reduceat(positive, labels.offsets[:-1]) > 0, length, axis=0)
    counts = []
    for threshold in THRESHOLDS:
        on = (features > np.float32(threshold)).astype(np.int32)
        tp, fp, fp_annotated = (
            on.multiply(where).sum(axis=0)
            for where in (positive, 1 - positive, carries & (positive == 0))
        )
        hit = (of_concept.T @ on > 0).sum(axis=0)
        counts.append((tp, fp, fp_annotated, hit))
    return counts


def _beside_loop() -> Figure:
    store, encoder = MadeUpStore(432), MadeUpEncoder.make()
    labels = make_labels(store)
    (block,) = store.blocks(store.n_residues)
    indices, values = (part.numpy() for part in encoder.encode_sparse(block.x))
    indptr = np.arange(len(values) + 1) * K
    features = csr_array((values.ravel(), indices.ravel(), indptr), shape=(len(values), N_FEATURES))
    chosen = range(0, N_CONCEPTS - 20, (N_CONCEPTS - 20) // N_REFERENCE_CONCEPTS)

    def ours() -> OverlapCounts:
        return count_overlaps(store, encoder, labels, THRESHOLDS)

    def reference() -> list[list[tuple[np.ndarray, ...]]]:
        return [loop_counts(features, labels, concept) for concept in chosen]

    _assert_equal(ours(), reference(), chosen)
    mine, loop = seconds_in_turn(ours, reference, repeats=3)
    return make_figure(
        f"count {N_FEATURES} features x {N_CONCEPTS} concepts x {len(THRESHOLDS)} thresholds,"
        f" {store.n_residues} residues",
        mine,
        loop * N_CONCEPTS / len(chosen),
        "s",
        "a sparse loop over concepts and thresholds, as in InterPLM;"
        f" {len(chosen)} concepts measured, scaled to {N_CONCEPTS}; counts equal",
    )


def _assert_equal(
    counts: OverlapCounts, reference: list[list[tuple[np.ndarray, ...]]], chosen: range
) -> None:
    for concept, by_threshold in zip(chosen, reference, strict=True):
        is_span = counts.concepts["level"].iloc[concept] == "span"
        for threshold, (tp, fp, fp_annotated, hit) in enumerate(by_threshold):
            np.testing.assert_array_equal(counts.tp[concept, :, threshold], tp)
            np.testing.assert_array_equal(counts.fp[concept, :, threshold], fp)
            np.testing.assert_array_equal(counts.fp_annotated[concept, :, threshold], fp_annotated)
            mine = counts.instances_hit[concept, :, threshold]
            np.testing.assert_array_equal(mine, hit if is_span else tp)


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
        lambda: count_overlaps(store, sae, labels, THRESHOLDS), encode, repeats=3
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
    count_overlaps(store, encoder, labels, THRESHOLDS)
    seconds = time.process_time() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
