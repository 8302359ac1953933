"""Tables of structures and of features held against them."""

from plmscope.datasets.schemas.table_schema import (
    COUNT,
    FRACTION,
    NUMBER,
    PLACE,
    POSITIVE,
    TEXT,
    YES_NO,
    Column,
    TableSchema,
)
from plmscope.structures.neighbourhoods import TESTS

_SCORE = Column("number", low=0, may_lack=True)

RESIDUES = TableSchema(
    {"accession": TEXT, "position": PLACE, "x": NUMBER, "y": NUMBER, "z": NUMBER}
)
CHAINS = TableSchema(
    {
        "file": TEXT,
        "chain": TEXT,
        "accession": TEXT,
        "n_models": COUNT,
        "n_residues": COUNT,
        "n_mapped": COUNT,
        "n_mismatches": COUNT,
        "n_unmapped": COUNT,
        "identity": FRACTION,
        "may_be_cut_off": YES_NO,
        "path": TEXT,
        "is_used": YES_NO,
    },
    ordered=(("n_mapped", "n_residues"),),
)
REJECTS = TableSchema({"file": TEXT, "chain": TEXT, "accession": TEXT, "reason": TEXT})
MEASURES = TableSchema(
    {
        "feature": COUNT,
        "accession": TEXT,
        "cluster": TEXT,
        "position": PLACE,
        "peak": POSITIVE,
        **{name: _SCORE for test in TESTS for name in (test, f"{test}_null")},
    }
)
STRUCTURE_TESTS = TableSchema(
    {
        "feature": COUNT,
        "test": Column("text", among=TESTS),
        "n_proteins": COUNT,
        "score": POSITIVE,
        "null": POSITIVE,
        "effect_size": NUMBER,
        "p": FRACTION,
        "p_corrected": FRACTION,
    },
    may_lack=True,
)
