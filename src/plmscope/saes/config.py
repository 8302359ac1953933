"""Settings of an SAE and where it came from; no torch here, so that parameters load quickly."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from plmscope.parameters import Parameters, Record


class SAEConfig(Parameters):
    """What every architecture needs; each adds its own settings in its own file.

    Args:
        architecture: A key of `plmscope.saes.registry.ARCHITECTURES`.
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
        source: Where it was found, of an SAE that was not trained here.
    """

    plm_id: str | None = None
    plm_revision: str | None = None
    layer: int | None = None
    token_rule: str | None = None
    store_hash: str | None = None
    split_hash: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    source: str | None = None
