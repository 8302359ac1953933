"""What an atlas is about."""

from __future__ import annotations

from plmscope.parameters import Record

FORMAT_VERSION = 1
"""Raised whenever an older version of PLMscope could not read an atlas of this one."""


class AtlasIdentity(Record):
    """The PLM, the SAE, and the proteins that both were held against."""

    plm_id: str
    """The protein language model."""

    plm_revision: str
    """Its hub commit, or the hash of its weights."""

    plm_source: str
    """Where it was loaded from: a hub id, or a folder's name."""

    layer: int
    """The SAE reads `hidden_states[layer]`."""

    token_rule: str
    """Which tokens have a row."""

    sae_sha256: str
    """Of the SAE's settings and weights (`plmscope.saes.fingerprint`)."""

    sae_name: str
    """What the SAE is called among those of its layer."""

    n_proteins: int
    """Proteins that peaks are compared with."""

    length_quantiles: tuple[int, ...]
    """A hundred and one quantiles of their lengths, in residues."""

    licence: str
    """Of the atlas."""

    sources: tuple[str, ...]
    """What it is made of."""
