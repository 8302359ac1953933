"""Which SAEs there are, and how to make one of its settings; loads no torch before one is made."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from plmscope.saes.config import SAEConfig

if TYPE_CHECKING:
    from plmscope.saes.base import SAE

ARCHITECTURES: dict[str, str] = {
    "relu": "plmscope.saes.architectures.relu:ReLUSAE",
    "topk": "plmscope.saes.architectures.topk:TopKSAE",
    "batch_topk": "plmscope.saes.architectures.batch_topk:BatchTopKSAE",
    "jumprelu": "plmscope.saes.architectures.jumprelu:JumpReLUSAE",
    "matryoshka": "plmscope.saes.architectures.matryoshka:MatryoshkaSAE",
    "identity": "plmscope.saes.baselines.identity:IdentitySAE",
    "pca": "plmscope.saes.baselines.pca:PCASAE",
    "layer_norm_topk": "plmscope.saes.architectures.layer_norm_topk:LayerNormTopKSAE",
}
"""Every architecture by name, and where its class is. Imported when first used."""


def sae_class(architecture: str) -> type[SAE]:
    """Import the class of one architecture.

    Raises:
        ValueError: If `ARCHITECTURES` has no such key.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(f"unknown SAE architecture {architecture!r}; known: {known}")
    module, name = ARCHITECTURES[architecture].split(":")
    return getattr(import_module(module), name)


def parse_sae_config(config: SAEConfig | dict[str, Any]) -> SAEConfig:
    """Turn `{"architecture": "topk", ...}` into that architecture's own settings class.

    Raises:
        ValueError: If the architecture is missing or unknown, or a setting is (pydantic's
            ValidationError is a ValueError).
    """
    if isinstance(config, SAEConfig):
        return config
    if "architecture" not in config:
        raise ValueError(f"an SAE needs 'architecture', one of: {', '.join(ARCHITECTURES)}")
    return sae_class(config["architecture"]).Config.model_validate(config)


AnySAEConfig = Annotated[SerializeAsAny[SAEConfig], BeforeValidator(parse_sae_config)]
"""Field type for the settings of any architecture: checked against that architecture's class."""


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
    import torch

    config = parse_sae_config(config)
    return sae_class(config.architecture)(config, torch.Generator().manual_seed(seed))
