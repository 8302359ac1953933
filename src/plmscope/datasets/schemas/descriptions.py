"""Tables of feature reporting about what a feature is: patterns, motifs, families."""

from plmscope.datasets.schemas.table_schema import (
    COUNT,
    FRACTION,
    LIST,
    NUMBER,
    PLACE,
    POSITIVE,
    TEXT,
    YES_NO,
    Column,
    TableSchema,
)
from plmscope.features.families.settings import KINDS
from plmscope.features.patterns.classes import PATTERNS as PATTERN_NAMES

_PATTERN = Column("text", among=PATTERN_NAMES)
_NUMBER_OR_NONE = Column("whole", low=-1)
_PLACE_OR_NONE = Column("number", may_lack=True)
_PATTERN_COLUMNS = {
    "feature": COUNT,
    "pattern": _PATTERN,
    "n_proteins_on": COUNT,
    "site_length": COUNT,
    "coverage": FRACTION,
    "period": COUNT,
    "periodicity": FRACTION,
    "near_start": FRACTION,
    "near_end": FRACTION,
    "amino_acids": TEXT,
    "top_amino_acid_share": FRACTION,
}
_FAMILY_COLUMNS = {
    "x": _PLACE_OR_NONE,
    "y": _PLACE_OR_NONE,
    "family": _NUMBER_OR_NONE,
    "module": _NUMBER_OR_NONE,
    "near": LIST,
    "near_cosine": LIST,
    "co_active": LIST,
    "co_activation": LIST,
}
_MOTIF_COLUMNS = {"motif": TEXT, "motif_bits": NUMBER, "motif_share": FRACTION}

PATTERNS = TableSchema(
    _PATTERN_COLUMNS
    | {
        "n_sites": COUNT,
        "repeating": FRACTION,
        "amino_acid_bits": POSITIVE,
        "amino_acid_counts": LIST,
        "tenths": LIST,
    }
)
PEAKS = TableSchema(
    {"feature": COUNT, "accession": TEXT, "position": PLACE, "peak": POSITIVE, "rank": PLACE}
)
COACTIVATION = TableSchema({"feature": COUNT, "co_active": LIST, "co_activation": LIST})
END_EFFECTS = TableSchema(
    {
        "architecture": TEXT,
        "end": Column("text", among=("N", "C")),
        "distance": COUNT,
        "n_residues": COUNT,
        "l0": POSITIVE,
        "activation": POSITIVE,
    }
)
MOTIFS = TableSchema(
    _MOTIF_COLUMNS
    | {
        "feature": COUNT,
        "n_windows": COUNT,
        "has_motif": YES_NO,
        "aligned_by": TEXT,
        "peak_column": COUNT,
        "rows": LIST,
        "columns": LIST,
        "counts": LIST,
        "why_none": TEXT,
    }
)
FEATURE_MAP = TableSchema({"feature": COUNT} | _FAMILY_COLUMNS)
FAMILIES = TableSchema(
    {
        "kind": Column("text", among=KINDS),
        "family": COUNT,
        "name": TEXT,
        "size": PLACE,
        "n_named": COUNT,
        "concepts": TEXT,
        "features": LIST,
    },
    ordered=(("n_named", "size"),),
)
MAP_AGREEMENT = TableSchema(
    {
        "space": TEXT,
        "names": TEXT,
        "n_features": COUNT,
        "share": FRACTION,
        "low": FRACTION,
        "high": FRACTION,
    },
    ordered=(("low", "high"),),
)
DESCRIPTIONS = TableSchema(
    _PATTERN_COLUMNS
    | _FAMILY_COLUMNS
    | _MOTIF_COLUMNS
    | {
        "n_motif_windows": COUNT,
        "at_peaks": TEXT,
        "n_at_peaks": COUNT,
        "n_peaks": COUNT,
        "structure_at_peaks": TEXT,
        "n_in_structure": COUNT,
        "n_with_structure": COUNT,
        "shared_words": TEXT,
        "n_with_word": COUNT,
        "family_name": TEXT,
        "module_name": TEXT,
        "family_size": COUNT,
        "module_size": COUNT,
    }
)
PROFILE_HITS = TableSchema(
    {
        "feature": COUNT,
        "accession": TEXT,
        "start": PLACE,
        "end": PLACE,
        "at_peak": PLACE,
        "bits": NUMBER,
        "share": FRACTION,
    },
    ordered=(("start", "end"),),
)
_SCORE_OR_NONE = Column("number", low=0, high=1, may_lack=True)
MOTIF_CONTROL_REPORT = TableSchema(
    {
        "feature": COUNT,
        "name": TEXT,
        "is_above_motif": YES_NO,
        **dict.fromkeys(("motif_test_f1", "test_f1", "motif_auroc"), _SCORE_OR_NONE),
    }
)
LLM_PROTEINS = TableSchema(
    {
        "feature": COUNT,
        "part": Column("text", among=("shown", "held out")),
        "accession": TEXT,
        "peak": POSITIVE,
        "positions": LIST,
        "values": LIST,
    }
)
_CORRELATION = Column("number", low=-1, high=1, may_lack=True)
LLM_DESCRIPTIONS = TableSchema(
    {
        "feature": COUNT,
        "description": TEXT,
        "summary": TEXT,
        "pearson_r": _CORRELATION,
        "pearson_r_low": _CORRELATION,
        "pearson_r_high": _CORRELATION,
        "n_held_out": COUNT,
        "why_none": TEXT,
    }
)
