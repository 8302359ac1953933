"""Tables of ingestion: proteins, their annotations and concepts, and what was left out."""

from plmscope.datasets.schemas.table_schema import (
    COUNT,
    FRACTION,
    PLACE,
    TEXT,
    YES_NO,
    Column,
    TableSchema,
)
from plmscope.proteins.tables import SPLITS

LEVELS = ("residue", "span")
SPLIT = Column("text", among=SPLITS)
SPLIT_IF_GIVEN = Column("text", among=("", *SPLITS))
ORIGIN = Column("text", among=("annotated", "corpus"))

_PROTEIN = {
    "accession": TEXT,
    "entry_name": TEXT,
    "protein_name": TEXT,
    "gene_names": TEXT,
    "organism": TEXT,
    "length": COUNT,
    "sequence": TEXT,
    "origin": ORIGIN,
    "cluster": TEXT,
}
_READ = {"file": TEXT, "line": COUNT, "repairs": TEXT}

READ_PROTEINS = TableSchema(_PROTEIN | {"split": SPLIT_IF_GIVEN} | _READ)
SPLIT_PROTEINS = TableSchema(_PROTEIN | {"split": SPLIT} | _READ)
PROTEINS = TableSchema(_PROTEIN | {"split": SPLIT})
ANNOTATIONS = TableSchema(
    {
        "accession": TEXT,
        "category": TEXT,
        "concept": TEXT,
        "level": Column("text", among=LEVELS),
        "start": PLACE,
        "end": PLACE,
        "instance": COUNT,
    },
    ordered=(("start", "end"),),
)
CONCEPTS = TableSchema(
    {
        "concept": TEXT,
        "category": TEXT,
        "level": Column("text", among=LEVELS),
        "kept": YES_NO,
    }
)
CLUSTERS = TableSchema({"accession": TEXT, "cluster": TEXT, "judged": YES_NO})
REJECTS = TableSchema(
    {"file": TEXT, "line": COUNT, "accession": TEXT, "field": TEXT, "value": TEXT, "reason": TEXT}
)
LEAKAGE_AUDIT = TableSchema(
    {
        "accession": TEXT,
        "split": Column("text", among=("valid", "test")),
        "train_accession": TEXT,
        "identity": FRACTION,
        "query_coverage": FRACTION,
        "target_coverage": FRACTION,
        "above_threshold": YES_NO,
        "judged": YES_NO,
    }
)
