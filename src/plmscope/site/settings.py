"""The settings of the static site."""

from pydantic import Field

from plmscope.parameters import Parameters


class SiteSettings(Parameters):
    """What the static site shows."""

    title: str = ""
    """Its heading; "" for one made of the PLM and the layer."""

    citation: str = ""
    """How to cite what is shown; "" for PLMscope's own line."""

    n_examples: int = Field(default=4, ge=1)
    """Example proteins drawn for each feature."""

    features_per_file: int = Field(default=32, ge=1)
    """Features whose pages are loaded together."""
