"""Tables of SAE training: its history, and the trials of a search."""

from plmscope.datasets.schemas.table_schema import (
    COUNT,
    FRACTION,
    NUMBER,
    POSITIVE,
    TEXT,
    Column,
    TableSchema,
)

_IF_MEASURED = Column("number", low=0, may_lack=True)

HISTORY = TableSchema(
    {
        "step": COUNT,
        "n_residues": COUNT,
        "epoch": COUNT,
        "loss": NUMBER,
        "l0": POSITIVE,
        "fvu": POSITIVE,
        "dead_fraction": FRACTION,
        "gradient_norm": POSITIVE,
        "residues_per_second": POSITIVE,
    }
)
TRIALS = TableSchema(
    {
        "trial": COUNT,
        "state": Column("text", among=("complete", "pruned", "failed")),
        "reason": TEXT,
        "fvu": _IF_MEASURED,
        "l0": _IF_MEASURED,
        "dead_fraction": Column("number", low=0, high=1, may_lack=True),
        "fvu_at_l0": _IF_MEASURED,
        "concept_f1": Column("number", low=0, high=1, may_lack=True),
        "n_residues": Column("whole", low=0, may_lack=True),
        "seconds": _IF_MEASURED,
        "architecture": Column("text", may_lack=True),
    }
)
