"""What the PLM loses when an SAE's reconstruction takes the place of its activations.

The PLM's own masked-LM head is read with the residue rows of one layer replaced; CLS, EOS and
padding keep their values. Cross-entropies are in nats, averaged over the positions of a protein,
then over proteins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy

from plmscope.parameters import Record
from plmscope.progress import show_progress

if TYPE_CHECKING:
    from plmscope.plms import ProteinLanguageModel
    from plmscope.plms.base import Edit, Positions

PROTEINS_AT_ONCE = 16


class Fidelity(Record):
    """Cross-entropies with one layer's residue rows left alone or replaced."""

    original: float
    """Nothing replaced."""

    sae: float
    """By the SAE's reconstruction."""

    sae_with_error: float
    """By the reconstruction plus its error, which must give back `original`."""

    zero_ablation: float
    """By zeros."""

    mean_ablation: float
    """By the mean activation."""

    loss_recovered: float | None
    """`1 - (sae - original) / (zero_ablation - original)`; not clipped, so a value below 0 says
    that zeros do better. None where zeros do no harm at all."""

    loss_recovered_from_mean: float | None
    """The same with `mean_ablation` in place of `zero_ablation`."""

    interplm_percent: float
    """InterPLM's figure: `loss_recovered` clipped to [0, 1], times 100, and 0 where zeros do no
    harm."""


def measure_fidelity(
    plm: ProteinLanguageModel,
    layer: int,
    reconstruct: Edit,
    mean_activation: Float[Tensor, " d_model"],
    sequences: Sequence[str],
    masked_positions: Sequence[Positions] | None = None,
    task: str = "Fidelity",
) -> Fidelity:
    """Measure an SAE's fidelity through the PLM's masked-LM head.

    Args:
        plm: A PLM with a masked-LM head.
        layer: The SAE's layer.
        reconstruct: The SAE, wherever its weights are.
        mean_activation: What mean ablation puts in.
        sequences: Proteins to predict.
        masked_positions: 0-based positions of each sequence to mask; only these are predicted.
            None masks nothing and predicts every residue from a sequence that shows it, as
            InterPLM does.
        task: What the progress bar says is measured.

    Returns:
        The five cross-entropies and the fractions of the loss recovered.
    """
    edits: dict[str, Edit | None] = {
        "original": None,
        **_sae_edits(reconstruct),
        "zero_ablation": torch.zeros_like,
        "mean_ablation": lambda x: mean_activation.to(x).expand_as(x),
    }
    kind = "unmasked" if masked_positions is None else "masked"
    predicted = masked_positions or [np.arange(len(sequence)) for sequence in sequences]
    of_proteins: list[list[float]] = []
    by_length = sorted(range(len(sequences)), key=lambda i: -len(sequences[i]))  # to pad little
    with show_progress(f"{task}, {kind}", len(sequences), "protein") as progress:
        for start in range(0, len(sequences), PROTEINS_AT_ONCE):
            some = by_length[start : start + PROTEINS_AT_ONCE]
            chosen, at = [sequences[i] for i in some], [predicted[i] for i in some]
            logits = plm.edited_lm_logits(
                chosen,
                layer,
                list(edits.values()),
                masked_positions=None if masked_positions is None else at,
            )
            of_proteins += _cross_entropies(plm, chosen, at, logits)
            progress.update(len(some))
    losses = dict(zip(edits, np.mean(of_proteins, axis=0).tolist(), strict=True))
    recovered = _recovered(losses["original"], losses["sae"], losses["zero_ablation"])
    return Fidelity(
        **losses,
        loss_recovered=recovered,
        loss_recovered_from_mean=_recovered(
            losses["original"], losses["sae"], losses["mean_ablation"]
        ),
        interplm_percent=100 * min(max(recovered or 0.0, 0.0), 1.0),
    )


def _sae_edits(reconstruct: Edit) -> dict[str, Edit]:
    """The SAE's reconstruction, and the same with its error put back, each batch encoded once.

    In float64 the sum gives back the activation to the bit, unless the reconstruction is not what
    was subtracted.
    """
    reconstructed: list[Tensor] = []

    def with_sae(x: Tensor) -> Tensor:
        reconstructed[:] = [reconstruct(x).to(x)]
        return reconstructed[0]

    def with_error(x: Tensor) -> Tensor:
        x_hat = reconstructed.pop().double()
        return (x_hat + (x.double() - x_hat)).to(x)

    return {"sae": with_sae, "sae_with_error": with_error}


def choose_masked_positions(
    sequences: Sequence[str], fraction: float, seed: int
) -> list[Positions]:
    """Choose the positions to mask: a fraction of each sequence, at least one.

    Args:
        sequences: Proteins.
        fraction: Of the residues.
        seed: Decides the choice.

    Returns:
        Ascending 0-based positions of each sequence.
    """
    rng = np.random.default_rng(seed)
    return [
        np.sort(rng.choice(len(s), size=max(1, round(fraction * len(s))), replace=False))
        for s in sequences
    ]


def _cross_entropies(
    plm: ProteinLanguageModel,
    sequences: Sequence[str],
    predicted: Sequence[Positions],
    logits: Sequence[Sequence[Float[Tensor, "n_residues n_tokens"]]],
) -> list[list[float]]:
    """For each protein and each edit, the mean over the predicted positions."""
    return [
        [
            cross_entropy(rows.cpu()[at], plm.residue_token_ids(sequence)[at]).item()
            for rows in of_protein
        ]
        for sequence, at, of_protein in zip(
            sequences, predicted, zip(*logits, strict=True), strict=True
        )
    ]


def _recovered(original: float, sae: float, ablated: float) -> float | None:
    harm = ablated - original
    return None if np.isclose(harm, 0) else 1 - (sae - original) / harm
