"""What an atlas says of itself beyond what was computed."""

from plmscope.parameters import Parameters


class AtlasSettings(Parameters):
    """The `atlas_card` parameters."""

    plm_source: str
    """Where `explain` gets the PLM: as `plm_source` of globals.yml."""

    licence: str = "cc-by-4.0"
    """Of the atlas, as the Hugging Face hub names it; UniProtKB is under CC BY 4.0."""

    sources: tuple[str, ...] = ()
    """What it is made of, each with its licence, in words."""
