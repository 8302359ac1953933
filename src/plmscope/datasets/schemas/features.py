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
        "peaks": LIST,
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
SCORE_OR_NONE = Column("number", low=0, high=1, may_lack=True)
NAMED_FEATURES = TableSchema(
    {
        "concept": TEXT,
        "feature": COUNT,
        "test_f1_low": FRACTION,
        "test_f1_high": FRACTION,
        "n_held_out_calls": COUNT,
        "held_out_precision": FRACTION,
        "held_out_precision_low": FRACTION,
    },
    ordered=(("test_f1_low", "test_f1_high"), ("held_out_precision_low", "held_out_precision")),
)
PROFILES = TableSchema(
    {"accession": TEXT, "feature": COUNT, "peak": POSITIVE, "surprise": POSITIVE}
)
CLUSTERS = TableSchema(
    {"feature": COUNT, "n_clusters_on": COUNT, "n_clusters": COUNT},
    ordered=(("n_clusters_on", "n_clusters"),),
)
FEATURE_TABLE = TableSchema(
    {
        **STATISTICS.columns,
        **CLUSTERS.columns,
        **dict.fromkeys(("name", "concept", "category", "level"), TEXT),
        **{
            f"{split}_{score}": SCORE_OR_NONE
            for split in ("valid", "test")
            for score in ("precision", "recall", "f1")
        },
        **dict.fromkeys(("p_value", "q_value", "held_out_precision"), SCORE_OR_NONE),
    }
)
