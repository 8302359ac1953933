"""The values of a few features at every residue, kept sparse."""

import numpy as np
import torch
from jaxtyping import Int
from scipy.sparse import csc_array, csr_array, vstack

from plmscope.concepts.counting.encoding import ActivationSource, SparseEncoder
from plmscope.concepts.settings import CountingSettings
from plmscope.progress import show_progress


@torch.inference_mode()
def collect_values(
    store: ActivationSource,
    encoder: SparseEncoder,
    features: Int[np.ndarray, " n_wanted"],
    settings: CountingSettings,
) -> tuple[list[str], csc_array]:
    """Encode a store and keep a few features.

    Args:
        store: Activations, [n_residues, d_model].
        encoder: Gives the features.
        features: The features wanted, each once.
        settings: Block size.

    Returns:
        The proteins in store order, and the values of their residues, float32
        [n_residues, n_wanted].
    """
    column_of = np.full(encoder.d_sae, -1)
    column_of[features] = np.arange(len(features))
    accessions: list[str] = []
    parts: list[csr_array] = []
    with show_progress("reading features", store.n_residues, "residue") as progress:
        for block in store.blocks(settings.max_residues):
            indices, values = encoder.encode_sparse(block.x)
            column = column_of[indices.cpu().numpy()]
            value = values.float().cpu().numpy()
            row, slot = np.nonzero((column >= 0) & (value > 0))
            parts.append(
                csr_array(
                    (value[row, slot], (row, column[row, slot])), shape=(len(value), len(features))
                )
            )
            accessions += block.accessions
            progress.update(len(value))
    return accessions, vstack(parts).tocsc()
