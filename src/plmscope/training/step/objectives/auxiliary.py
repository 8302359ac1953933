"""The loss that revives dead features."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.topk_kernels import top_k
from plmscope.training.step.objectives.base import ActivePart, Objective
from plmscope.training.step.sparse_products import ActivePattern


def add_auxiliary_gradients(
    objective: Objective,
    encoder_input: Float[Tensor, "n_residues d_model"],
    error: Float[Tensor, "n_residues d_model"],
) -> Float[Tensor, ""]:
    """Let the dead features reconstruct the error `e` that the living ones leave.

    `L_aux = mean_b |e - e_hat|^2 / mean_b |e - mean_b(e)|^2` with `e_hat` decoded, without bias,
    from the `min(d_model // 2, n_dead)` dead features of each residue with the largest
    pre-activations (Gao et al. 2024, appendix A.2; InterPLM v1.0). No gradient flows into `e`.

    Args:
        objective: Its SAE's gradients are already set; those of dead features are added to.
        encoder_input: What the encoder's weights were multiplied with.
        error: The batch's reconstruction error.

    Returns:
        `L_aux` over all ranks; 0 without dead features.
    """
    sae, ranks = objective.sae, objective.ranks
    dead = objective.firing.dead(objective.step_settings.dead_after_residues).nonzero().flatten()
    if dead.numel() == 0:
        return error.new_zeros(())
    n = objective.batch_size(error)
    sums = ranks.sum(torch.cat([error.sum(0), error.square().sum()[None]]))
    variance = sums[-1] / n - (sums[:-1] / n).square().sum()

    W_enc, W_dec = sae.W_enc[dead], sae.W_dec[dead]
    pre_activations = torch.addmm(sae.b_enc[dead], encoder_input, W_enc.T)
    kept, columns = top_k(pre_activations, min(sae.d_model // 2, dead.numel()))
    values = kept.clamp_min(0).flatten()
    pattern = ActivePattern.of_rows(columns, dead.numel())
    missing = pattern.decode(values, W_dec) - error
    loss = ranks.sum(missing.square().sum() / n) / variance

    weight = objective.settings.auxiliary_coefficient
    d_reconstruction = torch.nan_to_num(missing * (2 * weight / (n * variance)))
    d_pre_activations = pattern.dot(d_reconstruction, W_dec) * (values > 0)
    part = ActivePart(pattern, values, encoder_input, d_reconstruction, d_pre_activations)
    for parameter, gradient in zip(objective.weights(), part.gradients(), strict=True):
        assert parameter.grad is not None
        parameter.grad.index_add_(0, dead, gradient)
    return torch.nan_to_num(loss, 0.0, 0.0, 0.0)
