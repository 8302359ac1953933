"""Tables of feature reporting: statistics and example proteins of every feature."""

from plmscope.datasets.schemas.table_schema import (
    COUNT,
    FRACTION,
    LIST,
    PLACE,
    POSITIVE,
    TEXT,
    Column,
    TableSchema,
)

STATISTICS = TableSchema(
    {
        "feature": COUNT,
        "max_activation": POSITIVE,
        "mean_when_active": POSITIVE,
        "n_residues_active": COUNT,
        "n_proteins_active": COUNT,
        "fraction_of_residues": FRACTION,
        "fraction_of_proteins": FRACTION,
        "fraction_when_present": FRACTION,
        "histogram": LIST,
    }
)
EXAMPLE_PROTEINS = TableSchema(
    {
        "feature": COUNT,
        "kind": Column("text", among=("top", "corpus", "range")),
        "range_low": POSITIVE,
        "range_high": POSITIVE,
        "rank": PLACE,
        "accession": TEXT,
        "peak": POSITIVE,
    }
)
EXAMPLES = TableSchema(
    EXAMPLE_PROTEINS.columns | {"peak_position": PLACE, "positions": LIST, "values": LIST}
)
