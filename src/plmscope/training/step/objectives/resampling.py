"""New directions for the dead features of a ReLU SAE."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from plmscope.saes.linear import LinearSAE

NOISE = 0.01
ENCODER_FRACTION = 0.2
"""Norm of a resampled encoder row relative to the living ones, in the rule `by_loss`."""


@torch.no_grad()
def resample_uniformly(
    sae: LinearSAE,
    dead: Int[Tensor, " n_dead"],
    z: Float[Tensor, "n_residues d_model"],
    generator: torch.Generator,
) -> None:
    """Point dead features at random residues of the batch (InterPLM v1.0).

    Args:
        sae: Its encoder and decoder rows of `dead` are replaced.
        dead: Numbers of the features that get new directions.
        z: Normalised activations of the batch.
        generator: Random state, on the CPU.
    """
    if dead.numel() <= z.shape[0]:
        chosen = torch.randperm(z.shape[0], generator=generator)[: dead.numel()]
    else:
        chosen = torch.randint(z.shape[0], (dead.numel(),), generator=generator)
    noise = NOISE * torch.randn(dead.numel(), sae.d_model, generator=generator)
    directions = normalize(z[chosen.to(z.device)] + noise.to(z), dim=1)
    _point(sae, dead, directions, directions)


@torch.no_grad()
def resample_by_loss(
    sae: LinearSAE,
    dead: Int[Tensor, " n_dead"],
    z: Float[Tensor, "n_residues d_model"],
    generator: torch.Generator,
) -> None:
    """Point dead features at badly reconstructed residues (InterPLM as in the paper).

    Residues are drawn in proportion to `|z - z_hat|`; encoder rows get a fifth of the mean norm
    of the living ones.

    Args:
        sae: Its encoder and decoder rows of `dead` are replaced.
        dead: Numbers of the features that get new directions.
        z: Normalised activations of the batch.
        generator: Random state, on the CPU.
    """
    error = z - sae._decode(sae._encode(z, None))
    chance = torch.linalg.vector_norm(error, dim=1).cpu()
    chosen = torch.multinomial(chance, dead.numel(), replacement=True, generator=generator)
    directions = normalize(z[chosen.to(z.device)], dim=1)
    is_alive = torch.ones(sae.d_sae, dtype=torch.bool, device=dead.device)
    is_alive[dead] = False
    norms = torch.linalg.vector_norm(sae.W_enc, dim=1)[is_alive]
    norm = norms.mean() if norms.numel() else norms.new_ones(())
    _point(sae, dead, directions * (norm * ENCODER_FRACTION), directions)


def _point(
    sae: LinearSAE,
    dead: Int[Tensor, " n_dead"],
    encoder_rows: Float[Tensor, "n_dead d_model"],
    decoder_rows: Float[Tensor, "n_dead d_model"],
) -> None:
    """Replace the rows of the dead features, with bias 0."""
    sae.W_enc[dead] = encoder_rows
    sae.b_enc[dead] = 0.0
    sae.W_dec[dead] = decoder_rows
