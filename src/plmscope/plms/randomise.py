"""A control: a PLM that has learned nothing."""

import copy

import torch

from plmscope.plms.base import ProteinLanguageModel


def randomise_weights(plm: ProteinLanguageModel, seed: int) -> ProteinLanguageModel:
    """Permute the values inside every parameter tensor, which keeps their distribution.

    The control of Simon & Zou (2025): what an SAE finds in such a PLM was not learned.

    Args:
        plm: Left as it is.
        seed: Decides the permutations.

    Returns:
        A PLM of another revision, so that its activations go to a store of their own.
    """
    control = copy.deepcopy(plm)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in control.model.parameters():
            values = parameter.flatten()
            order = torch.randperm(values.numel(), generator=generator).to(values.device)
            parameter.copy_(values[order].view_as(parameter))
    control.revision = f"{plm.revision}, weights permuted with seed {seed}"
    return control
