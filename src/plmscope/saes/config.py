"""Settings of an SAE and where it came from; no torch here, so that parameters load quickly."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from plmscope.parameters import Parameters, Record


class SAEConfig(Parameters):
    """What every architecture needs; each adds its own settings in its own file."""

    architecture: str
    """A key of `plmscope.saes.registry.ARCHITECTURES`."""

    d_model: PositiveInt | None = None
    """Width of the activations. None in parameters: taken from the activation store."""

    d_sae: PositiveInt
    """Number of features."""


class Provenance(Record):
    """What an SAE was trained on. None: not known, and then not checked."""

    plm_id: str | None = None
    """The protein language model."""

    plm_revision: str | None = None
    """Its commit or weight hash."""

    layer: int | None = None
    """`hidden_states[layer]` of that model."""

    token_rule: str | None = None
    """Which tokens became residues."""

    store_hash: str | None = None
    """Content hash of the activation store."""

    split_hash: str | None = None
    """Hash of the accessions of the train split."""

    sequences_hash: str | None = None
    """Hash of the train split's accessions and sequences, where there was no store."""

    versions: dict[str, str] = Field(default_factory=dict)
    """Package versions at training time."""

    name: str | None = None
    """What it is called among the SAEs of its layer."""

    source: str | None = None
    """Where it was found, of an SAE that was not trained here."""
