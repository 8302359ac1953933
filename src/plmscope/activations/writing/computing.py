"""Computing what a job describes, and looking at it before anybody takes it for activations."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

from plmscope.activations.store.manifest import ActivationStoreError
from plmscope.activations.store.shard import find_row_not_finite
from plmscope.activations.writing.job import StoreJob


def compute_activations(
    job: StoreJob, proteins: Sequence[int], layers: Sequence[int]
) -> Mapping[int, Float[Tensor, "n_residues d_model"]]:
    """The activations of some proteins of a job.

    Args:
        job: What computes them.
        proteins: Their positions in the job.
        layers: Which layers.

    Returns:
        One row a residue for each layer, one protein after the other.

    Raises:
        ActivationStoreError: The PLM gave other than one row per residue, or values that are not
            finite.
    """
    computed = job.compute(proteins, layers)
    for layer, x in computed.items():
        _check(x, job, proteins, layer)
    return computed


def _check(
    x: Float[Tensor, "n_residues d_model"], job: StoreJob, proteins: Sequence[int], layer: int
) -> None:
    shape = (job.n_residues_of(proteins), job.d_model)
    if x.shape != shape:
        raise ActivationStoreError(
            f"{job.plm_id} gave activations of shape {tuple(x.shape)} for {len(proteins)} proteins"
            f" from {job.accessions[proteins[0]]} on at layer {layer}, where one row per residue"
            f" makes {shape}."
        )
    # A value near the end of float32's range is beyond that of bfloat16; float16 is scaled.
    row = find_row_not_finite(x.bfloat16() if job.dtype == "bfloat16" else x)
    if row is not None:
        ends = np.cumsum([job.lengths[position] for position in proteins])
        accession = job.accessions[proteins[int(np.searchsorted(ends, row, side="right"))]]
        raise ActivationStoreError(
            f"{job.plm_id} gave values for {accession} at layer {layer} that are not finite."
            f" Leave it out (kedro run --params ingestion.exclude={accession}), or, if plm_dtype in"
            " globals.yml is a half type, set plm_dtype: float32."
        )
