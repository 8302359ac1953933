"""In which float type the dense products of a step are made."""

from __future__ import annotations

import logging

import torch

from plmscope.saes.base import SAE
from plmscope.training.step.settings import StepSettings

logger = logging.getLogger(__name__)

CPU_UNITS = ("amx_bf16", "avx512_bf16", "bf16")  # of x86, and the last of ARM


def product_dtype(sae: SAE, settings: StepSettings) -> torch.dtype:
    """The float type of an SAE's dense products: its own, or bfloat16 if wanted and worth it.

    Args:
        sae: The SAE, on its device.
        settings: `precision` is what is wanted.
    """
    if settings.precision == "float32":
        return sae.dtype
    if has_bfloat16_products(sae.device):
        return torch.bfloat16
    logger.warning(
        "%s has no bfloat16 products and would emulate them, several times slower:"
        " training.precision is float32 instead",
        sae.device,
    )
    return sae.dtype


def has_bfloat16_products(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 matrices in hardware."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(unit, False) for unit in CPU_UNITS)
