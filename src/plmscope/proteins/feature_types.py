"""The positional feature types of UniProtKB, and what each becomes here.

Names, keys and qualifiers: UniProtKB user manual, "Sequence annotation (Features)". Not in the
table, and so never read: CHAIN, PEPTIDE and INIT_MET (processing of the whole chain), VARIANT,
VAR_SEQ, MUTAGEN and CONFLICT (other sequences than the one shown), NON_STD, NON_CONS, NON_TER and
UNSURE (facts about the sequence, not about its function), and METAL, NP_BIND and CA_BIND, which
UniProt merged into BINDING in 2022.
"""

from typing import Literal, NamedTuple

import pandas as pd

Level = Literal["residue", "span"]


class FeatureType(NamedTuple):
    """One kind of positional annotation.

    Args:
        column: Its column in a UniProtKB TSV export.
        key: Its key in the cells of that column and in Swiss-Prot flat files.
        level: What recall counts: residues, or instances (spans) hit.
        qualifier: The qualifier that names its sub-concepts; None where there are none.
        numbered: Whether UniProt numbers repeats in one protein ("SH3 1", "SH3 2"): the number
            is dropped, so that they are one concept.
        ends_only: Whether `a..b` is a bond between residues a and b, not a span.
    """

    column: str
    key: str
    level: Level
    qualifier: Literal["note", "ligand"] | None = None
    numbered: bool = False
    ends_only: bool = False

    @property
    def category(self) -> str:
        """The first part of its concepts' names: "Domain" of "Domain: SH3"."""
        return self.column.removesuffix(" [FT]")

    @property
    def pool(self) -> str:
        """The concept that all its features are instances of."""
        return self.category if self.qualifier is None else f"{self.category}: any"


FEATURE_TYPES = (
    FeatureType("Active site", "ACT_SITE", "residue", "note"),
    FeatureType("Binding site", "BINDING", "residue", "ligand"),
    FeatureType("Site", "SITE", "residue", "note"),
    FeatureType("Modified residue", "MOD_RES", "residue", "note"),
    FeatureType("Glycosylation", "CARBOHYD", "residue", "note"),
    FeatureType("Lipidation", "LIPID", "residue", "note"),
    FeatureType("Disulfide bond", "DISULFID", "residue", ends_only=True),
    FeatureType("Cross-link", "CROSSLNK", "residue", "note", ends_only=True),
    FeatureType("Signal peptide", "SIGNAL", "span"),
    FeatureType("Transit peptide", "TRANSIT", "span", "note"),
    FeatureType("Propeptide", "PROPEP", "span", "note"),
    FeatureType("Transmembrane", "TRANSMEM", "span", "note"),
    FeatureType("Intramembrane", "INTRAMEM", "span", "note"),
    FeatureType("Topological domain", "TOPO_DOM", "span", "note"),
    FeatureType("Domain [FT]", "DOMAIN", "span", "note", numbered=True),
    FeatureType("Repeat", "REPEAT", "span", "note", numbered=True),
    FeatureType("Zinc finger", "ZN_FING", "span", "note", numbered=True),
    FeatureType("DNA binding", "DNA_BIND", "span", "note", numbered=True),
    FeatureType("Motif", "MOTIF", "span", "note", numbered=True),
    FeatureType("Region", "REGION", "span", "note"),
    FeatureType("Coiled coil", "COILED", "span"),
    FeatureType("Compositional bias", "COMPBIAS", "span", "note"),
    FeatureType("Helix", "HELIX", "span"),
    FeatureType("Beta strand", "STRAND", "span"),
    FeatureType("Turn", "TURN", "span"),
)

_SIBLINGS = (
    ("Signal peptide", "Transit peptide", "Transmembrane", "Intramembrane"),
    ("Domain", "Repeat", "Zinc finger", "DNA binding"),
)
"""Categories by which UniProt calls the same stretch, now one and now the other: a hydrophobic
helix that is cut off or stays in the membrane; a homeobox as a domain or as what binds DNA."""
_SIBLING_OF = {name: names[0] for names in _SIBLINGS for name in names}


def sibling_group(categories: "pd.Series[str]") -> "pd.Series[str]":
    """One name for the categories that may stand for the same stretch, else the category itself.

    Args:
        categories: First parts of the names of concepts, such as "Domain".
    """
    return categories.map(_SIBLING_OF).fillna(categories)


def is_pooled(names: "pd.Series[str]") -> "pd.Series[bool]":
    """Whether each concept pools all sub-concepts of its category, as "Domain: any" does.

    Args:
        names: Names of concepts.
    """
    return names.isin([kind.pool for kind in FEATURE_TYPES if kind.qualifier])
