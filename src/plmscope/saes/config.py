"""Settings of an SAE and where it came from; no torch here, so that parameters load quickly."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, PositiveInt, SerializeAsAny

from plmscope.parameters import Parameters, Record

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
    "random": "plmscope.saes.baselines.random_topk:RandomSAE",
}
"""Every architecture by name, and where its class is. Imported when first used."""


class SAEConfig(Parameters):
    """What every architecture needs; each adds its own settings in its own file.

    Args:
        architecture: A key of `ARCHITECTURES`.
        d_model: Width of the activations. None in parameters: taken from the activation store.
        d_sae: Number of features.
    """

    architecture: str
    d_model: PositiveInt | None = None
    d_sae: PositiveInt


class Provenance(Record):
    """What an SAE was trained on. None: not known, and then not checked.

    Args:
        plm_id: The protein language model.
        plm_revision: Its commit or weight hash.
        layer: `hidden_states[layer]` of that model.
        token_rule: Which tokens became residues.
        store_hash: Content hash of the activation store.
        split_hash: Hash of the train/valid/test split.
        versions: Package versions at training time.
    """

    plm_id: str | None = None
    plm_revision: str | None = None
    layer: int | None = None
    token_rule: str | None = None
    store_hash: str | None = None
    split_hash: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)


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
