"""The nonzero feature values of one block of residues."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from plmscope.saes.encode import EncodedBlock

_BEYOND = torch.iinfo(torch.int64).max


@dataclass(frozen=True)
class BlockHits:
    """Which feature is active at which residue of which protein of a block, and how strongly.

    Attributes:
        lengths: Residues of each protein of the block.
        protein: The protein of each value, as its number within the block.
        position: The residue of each value, 1-based within its protein.
        feature: The feature of each value.
        value: The activation, above 0, in the SAE's own scale of about [0, 1].
    """

    lengths: Int[Tensor, " n_proteins"]
    protein: Int[Tensor, " n_values"]
    position: Int[Tensor, " n_values"]
    feature: Int[Tensor, " n_values"]
    value: Float[Tensor, " n_values"]


@dataclass(frozen=True)
class ProteinPeaks:
    """The pairs of a protein and a feature that is active in it, ordered by protein then feature.

    Attributes:
        protein: The protein of each pair, as its number within the block.
        feature: The feature of each pair.
        peak: The feature's highest activation in the protein.
        n_active: Residues of the protein where the feature is active.
        position: The first residue of its highest activation, 1-based.
    """

    protein: Int[Tensor, " n_pairs"]
    feature: Int[Tensor, " n_pairs"]
    peak: Float[Tensor, " n_pairs"]
    n_active: Int[Tensor, " n_pairs"]
    position: Int[Tensor, " n_pairs"]


def find_hits(block: EncodedBlock) -> BlockHits:
    """Keep what is active in a block.

    Args:
        block: Whole proteins and the features of their residues.

    Returns:
        The values above 0, on the CPU wherever the SAE is.
    """
    indices, values = block.indices.cpu(), block.values.cpu()
    row, slot = torch.nonzero(values > 0, as_tuple=True)
    offsets = torch.from_numpy(np.asarray(block.offsets, dtype=np.int64))
    lengths = offsets.diff()
    protein_of_row = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    protein = protein_of_row[row]
    return BlockHits(
        lengths=lengths,
        protein=protein,
        position=row - offsets[protein] + 1,
        feature=indices[row, slot],
        value=values[row, slot].float(),
    )


def find_peaks(hits: BlockHits, d_sae: int) -> ProteinPeaks:
    """The highest value and the count of values of each protein-feature pair of a block.

    The only dense array held is proteins of the block × features.
    """
    n_cells = len(hits.lengths) * d_sae
    cell = hits.protein * d_sae + hits.feature
    peaks = torch.zeros(n_cells).scatter_reduce_(0, cell, hits.value, "amax")
    counts = torch.bincount(cell, minlength=n_cells)
    active = torch.nonzero(counts).squeeze(1)
    is_peak = hits.value == peaks[cell]
    places = torch.full((n_cells,), _BEYOND).scatter_reduce_(
        0, cell[is_peak], hits.position[is_peak], "amin"
    )
    return ProteinPeaks(
        protein=torch.div(active, d_sae, rounding_mode="floor"),
        feature=active % d_sae,
        peak=peaks[active],
        n_active=counts[active],
        position=places[active],
    )
