"""From settings to an SAE."""

from __future__ import annotations

from typing import Any

import torch

from plmscope.saes.base import SAE
from plmscope.saes.config import SAEConfig, parse_sae_config, sae_class


def make_sae(config: SAEConfig | dict[str, Any], seed: int = 0) -> SAE:
    """A freshly initialised SAE.

    Args:
        config: Settings of one architecture, or the same as a dict with the key `architecture`.
        seed: Seed of the initialisation alone; the global random state is not touched.

    Returns:
        The SAE in float32 on the CPU.

    Raises:
        ValueError: If the settings do not fit the architecture, or `d_model` is missing.
    """
    config = parse_sae_config(config)
    return sae_class(config.architecture)(config, torch.Generator().manual_seed(seed))
