"""The rules by which a feature's pattern is told."""

from pydantic import Field

from plmscope.parameters import Parameters


class PatternSettings(Parameters):
    """What a pattern needs; the rules are gone through in the order of docs/features.md."""

    min_proteins: int = Field(default=5, ge=1)
    """Proteins where a feature must be on for a pattern to be told."""

    whole: float = Field(default=0.6, gt=0, le=1)
    """Whole protein: the mean fraction of a protein's residues where it is on, at least."""

    periodicity: float = Field(default=0.4, gt=0, le=1)
    """Periodic: the fraction of three successive stretches that are in equal steps, at least."""

    repeating: float = Field(default=0.4, gt=0, le=1)
    """Periodic: the fraction of proteins with three stretches in equal steps, at least."""

    terminal: float = Field(default=0.7, gt=0, le=1)
    """At an end: the fraction of proteins where it peaks within 30 residues of that end, at least,
    and at least twice what chance gives."""

    short_motif: int = Field(default=20, ge=2)
    """Short motif: the median length of a site, in residues, at most; what is longer is a long
    stretch or domain."""

    enrichment: float = Field(default=2.0, gt=1)
    """A preferred amino acid is so many times as common where the feature is on as elsewhere,"""

    min_share: float = Field(default=0.1, gt=0, le=1)
    """and is at least this fraction of the residues where it is on."""
