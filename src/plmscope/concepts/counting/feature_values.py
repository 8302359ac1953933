"""The values of a few features at every residue, kept sparse."""

import numpy as np
from jaxtyping import Int
from scipy.sparse import csc_array, csr_array, vstack

from plmscope.concepts.settings import CountingSettings
from plmscope.saes.encode import ActivationSource, EncodedBlock, SparseEncoder, encode_blocks


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
    for block in encode_blocks(store, encoder, settings.max_residues, "reading features"):
        parts.append(values_in_block(block, column_of, len(features)))
        accessions += block.accessions
    return accessions, vstack(parts).tocsc()


def values_in_block(
    block: EncodedBlock, column_of: Int[np.ndarray, " d_sae"], n_wanted: int
) -> csr_array:
    """The values of a few features at the residues of one block.

    Args:
        block: Whole proteins with the features of their residues.
        column_of: The column of each wanted feature; -1 for others.
        n_wanted: How many are wanted.

    Returns:
        float32 [n_residues, n_wanted].
    """
    _, _, _, indices, values = block
    column, value = column_of[indices.cpu().numpy()], values.float().cpu().numpy()
    row, slot = np.nonzero((column >= 0) & (value > 0))
    return csr_array((value[row, slot], (row, column[row, slot])), shape=(len(value), n_wanted))
