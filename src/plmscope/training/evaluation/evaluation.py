"""How well an SAE reconstructs, how sparse it is, and what the PLM loses by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.parameters import Record
from plmscope.saes.base import SparseFeatures
from plmscope.saes.encode import EncodedBlock, encode_blocks
from plmscope.training.evaluation.fidelity import (
    Fidelity,
    choose_masked_positions,
    measure_fidelity,
)
from plmscope.training.settings import EvaluationSettings

if TYPE_CHECKING:
    from plmscope.activations import ActivationStore
    from plmscope.plms import ProteinLanguageModel
    from plmscope.saes import SAE

LOWEST_FREQUENCY = 1e-6  # of the histogram; rarer features are in its first bin
BINS_PER_DECADE = 4
L0_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class FrequencyHistogram(Record):
    """Features by how often they fire."""

    edges: tuple[float, ...]
    """Bounds of the bins, as log10 of the fraction of residues on which a feature fires."""

    counts: tuple[int, ...]
    """Features in each bin; features that never fire are in none."""


class SAEEvaluation(Record):
    """One SAE on one set of residues. x is an activation, e = x - x_hat its error."""

    n_proteins: int
    """Proteins read."""

    n_residues: int
    """Residues read."""

    mse: float
    """Mean of e^2 over residues and dimensions."""

    explained_variance: float
    """`1 - sum_d var(e_d) / sum_d var(x_d)`, as InterPLM."""

    explained_variance_per_dimension: tuple[float | None, ...]
    """`1 - var(e_d) / var(x_d)`; None where x_d is constant."""

    fvu: float
    """Fraction of variance unexplained, `sum |e|^2 / sum |x - mean(x)|^2`. Unlike `1 -
    explained_variance` it also counts a constant error."""

    l0_mean: float
    """Mean number of nonzero features of a residue."""

    l0_std: float
    """Its standard deviation over residues."""

    l0_quantiles: tuple[float, float, float, float, float]
    """Its 5 %, 25 %, 50 %, 75 % and 95 % quantiles."""

    dead_fraction: float
    """Fraction of the features that never fire."""

    dense_fraction: float
    """Fraction of the features that fire on more than `dense_above` of the residues."""

    frequencies: FrequencyHistogram
    """Histogram of activation frequencies."""

    fidelity_proteins: int = 0
    """Proteins read for fidelity."""

    fidelity_masked: Fidelity | None = None
    """Fidelity on masked positions, as the PLM was trained; None if the PLM has no masked-LM head.
    """

    fidelity_unmasked: Fidelity | None = None
    """Fidelity on all positions of unmasked sequences, as InterPLM."""


def evaluate_sae(
    sae: SAE,
    store: ActivationStore,
    settings: EvaluationSettings,
    plm: ProteinLanguageModel | None = None,
    sequences: pd.Series[str] | None = None,
    split: str = "",
) -> SAEEvaluation:
    """Evaluate any SAE on any store or view, in one pass. The SAE is not changed.

    Args:
        sae: On its device, with its input normalisation.
        store: Activations of the residues to evaluate on.
        settings: Block size, thresholds, fidelity.
        plm: The PLM that the activations come from; fidelity is measured if it has a masked-LM
            head.
        sequences: Sequence of each protein of the store, by accession; needed for fidelity.
        split: Whose residues these are, for the progress bars; "" where it has no name.

    Returns:
        The figures.
    """
    sums = _Sums(sae.d_model, sae.d_sae)
    of_split = f" on {split}" if split else ""
    for block in encode_blocks(store, sae, settings.block_residues, f"Evaluating{of_split}"):
        sums.add(block, sae)
    evaluation = sums.summarise(len(store.accessions), settings.dense_above)
    if plm is None or sequences is None or not plm.has_lm_head or not settings.fidelity_proteins:
        return evaluation
    rng = np.random.default_rng(settings.seed)
    drawn = sequences.loc[rng.permutation(store.accessions)]
    fitting = drawn[drawn.str.len() <= plm.max_residues]  # a window is no sequence to predict
    chosen = fitting.head(settings.fidelity_proteins).tolist()
    if not chosen:
        return evaluation
    masked = choose_masked_positions(chosen, settings.mask_fraction, settings.seed)
    layer, mean = store.manifest.layer, sums.mean

    def reconstruct(x: Tensor) -> Tensor:
        return sae.decode_sparse(sae.encode_sparse(x))

    return evaluation.model_copy(
        update={
            "fidelity_proteins": len(chosen),
            "fidelity_masked": measure_fidelity(
                plm, layer, reconstruct, mean, chosen, masked, task=f"Fidelity{of_split}"
            ),
            "fidelity_unmasked": measure_fidelity(
                plm, layer, reconstruct, mean, chosen, task=f"Fidelity{of_split}"
            ),
        }
    )


class _Sums:
    """Sums over residues, in float64, of what the evaluation needs.

    Activations are shifted by the first block's mean, so that a large common offset costs no
    digits in the variances.
    """

    def __init__(self, d_model: int, d_sae: int) -> None:
        self.n_residues = 0
        self.shift: Float[Tensor, " d_model"] | None = None
        self.x, self.x_squared, self.error, self.error_squared = torch.zeros(
            4, d_model, dtype=torch.float64
        )
        self.n_firing = torch.zeros(d_sae, dtype=torch.int64)
        self.n_residues_of_l0 = torch.zeros(d_sae + 1, dtype=torch.int64)

    @torch.no_grad()
    def add(self, block: EncodedBlock, sae: SAE) -> None:
        """Add a block."""
        x = block.x.to(sae.device)
        indices, values = features = SparseFeatures(block.indices, block.values)
        if self.shift is None:
            self.shift = x.mean(0)
        error = (x - sae.decode_sparse(features)).double()
        shifted = (x - self.shift).double()
        self.n_residues += len(x)
        self.x += shifted.sum(0).cpu()
        self.x_squared += shifted.square().sum(0).cpu()
        self.error += error.sum(0).cpu()
        self.error_squared += error.square().sum(0).cpu()
        fires = values != 0
        self.n_firing += indices[fires].bincount(minlength=sae.d_sae).cpu()
        l0 = fires.sum(1)
        self.n_residues_of_l0 += l0.bincount(minlength=len(self.n_residues_of_l0)).cpu()

    @property
    def mean(self) -> Float[Tensor, " d_model"]:
        """The mean activation."""
        assert self.shift is not None
        return self.shift.cpu() + (self.x / self.n_residues).float()

    def summarise(self, n_proteins: int, dense_above: float) -> SAEEvaluation:
        """The figures, without fidelity."""
        n = self.n_residues
        x_variance = self.x_squared - self.x.square() / n  # times n, and so below: it cancels
        error_variance = self.error_squared - self.error.square() / n
        explained = 1 - error_variance / x_variance
        frequency = (self.n_firing / n).numpy()
        l0 = self.n_residues_of_l0.numpy()
        l0_mean = float(l0 @ np.arange(len(l0))) / n
        l0_square = float(l0 @ np.arange(len(l0), dtype=np.float64) ** 2) / n
        quantiles = np.searchsorted(np.cumsum(l0), np.array(L0_QUANTILES) * n)
        return SAEEvaluation(
            n_proteins=n_proteins,
            n_residues=n,
            mse=float(self.error_squared.sum()) / (n * len(self.x)),
            explained_variance=float(1 - error_variance.sum() / x_variance.sum()),
            explained_variance_per_dimension=tuple(
                value if varies else None
                for value, varies in zip(explained.tolist(), (x_variance > 0).tolist(), strict=True)
            ),
            fvu=float(self.error_squared.sum() / x_variance.sum()),
            l0_mean=l0_mean,
            l0_std=max(l0_square - l0_mean**2, 0.0) ** 0.5,
            l0_quantiles=tuple(quantiles.tolist()),
            dead_fraction=float((frequency == 0).mean()),
            dense_fraction=float((frequency > dense_above).mean()),
            frequencies=_histogram(frequency),
        )


def _histogram(frequency: Float[np.ndarray, " d_sae"]) -> FrequencyHistogram:
    n_bins = round(-np.log10(LOWEST_FREQUENCY)) * BINS_PER_DECADE
    edges = np.linspace(np.log10(LOWEST_FREQUENCY), 0, n_bins + 1)
    alive = np.log10(frequency[frequency > 0].clip(LOWEST_FREQUENCY, 1))
    counts, _ = np.histogram(alive, bins=edges)
    return FrequencyHistogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))
