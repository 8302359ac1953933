"""Tables of concept analysis: pairs of features and concepts, and what comes of them."""

from plmscope.datasets.schemas.proteins import LEVELS
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

_PAIR = {
    "concept": TEXT,
    "category": TEXT,
    "level": Column("text", among=LEVELS),
    "feature": COUNT,
    "threshold": POSITIVE,
    "test_threshold": POSITIVE,
    "counted": YES_NO,
}
_SCORES = {
    f"{split}_{score}": column
    for split in ("valid", "test")
    for score, column in {
        "precision": FRACTION,
        "recall": FRACTION,
        "recall_per_instance": FRACTION,
        "f1": FRACTION,
        "f1_per_residue": FRACTION,
        "lift": POSITIVE,
        "tp": COUNT,
        "fp": COUNT,
        "fp_annotated": COUNT,
    }.items()
}
_SIGNIFICANCE = {"p_value": FRACTION, "q_value": FRACTION}
_TOTALS = {
    f"{split}_{what}": COUNT
    for split in ("valid", "test")
    for what in ("n_instances", "n_residues")
}
_INTERVALS = {
    **{
        f"test_{score}_{end}": FRACTION
        for score in ("precision", "recall", "f1")
        for end in ("low", "high")
    },
    "test_n_clusters": COUNT,
}
_BOUNDS = tuple(
    (f"test_{score}_low", f"test_{score}_high") for score in ("precision", "recall", "f1")
)

SCORED_PAIRS = TableSchema(_PAIR | _SCORES)
PAIR_SCORES = TableSchema(_PAIR | _SCORES | _SIGNIFICANCE)
BEST_PAIRS = TableSchema(
    _PAIR | _SCORES | _SIGNIFICANCE | _TOTALS | {"f1_gap": NUMBER, "note": TEXT}
)
CONCEPT_REPORT = TableSchema(
    BEST_PAIRS.columns | _INTERVALS | {"test_auroc": FRACTION, "test_average_precision": FRACTION},
    ordered=_BOUNDS,
)
FEATURE_PAIRS = TableSchema(_PAIR | _SCORES | _SIGNIFICANCE | _INTERVALS, ordered=_BOUNDS)
PAIRS_OF_ONE_CONTROL = TableSchema(_PAIR | _SCORES | _INTERVALS, ordered=_BOUNDS)
CONTROL_PAIRS = TableSchema({"control": TEXT} | PAIRS_OF_ONE_CONTROL.columns, ordered=_BOUNDS)
LEAKAGE_REPORT = TableSchema(
    {
        "concept": TEXT,
        "feature": COUNT,
        "threshold": POSITIVE,
        **{
            f"test_{score}{without}": FRACTION
            for score in ("precision", "recall_per_instance", "f1")
            for without in ("", "_without_leaks")
        },
        "n_instances": COUNT,
        "n_instances_without_leaks": COUNT,
    }
)
MISSING_ANNOTATIONS = TableSchema(
    {
        "concept": TEXT,
        "feature": COUNT,
        "accession": TEXT,
        "start": PLACE,
        "end": PLACE,
        "peak": POSITIVE,
        "n_test_calls": COUNT,
        "precision": FRACTION,
        "precision_low": FRACTION,
        "n_calls": PLACE,
        "annotated_as": TEXT,
        "is_explained": YES_NO,
        "protein_has_concept": YES_NO,
        "protein_name": TEXT,
        "link": TEXT,
    },
    ordered=(("start", "end"), ("precision_low", "precision")),
)
CALL_PRECISION = TableSchema(
    {
        "concept": TEXT,
        "category": TEXT,
        "level": Column("text", among=LEVELS),
        "feature": COUNT,
        "threshold": POSITIVE,
        "longest": PLACE,
        "n_clusters_called": COUNT,
        "n_clusters": COUNT,
        "fold": Column("whole", low=-1),
        "lowest_peak": POSITIVE,
        "n_calls": COUNT,
        "n_true": COUNT,
    },
    ordered=(("n_true", "n_calls"),),
)
TEST_CALLS = TableSchema(
    {
        "concept": TEXT,
        "category": TEXT,
        "feature": COUNT,
        "accession": TEXT,
        "fold": COUNT,
        "start": PLACE,
        "end": PLACE,
        "peak": POSITIVE,
        "is_true": YES_NO,
        "stated_precision": FRACTION,
    },
    ordered=(("start", "end"),),
)
CALL_CALIBRATION = TableSchema(
    {"low": FRACTION, "high": FRACTION, "n_calls": COUNT, "stated": FRACTION, "observed": FRACTION}
)
COPYING_REPORT = TableSchema(
    {
        "concept": TEXT,
        "level": Column("text", among=LEVELS),
        "proteins": Column("text", among=("all", "with a hit", "without")),
        "n_proteins": COUNT,
        "method": Column("text", among=("feature", "copy")),
        "n_calls": COUNT,
        "n_true": COUNT,
        "precision": FRACTION,
        "n_instances": COUNT,
        "n_found": COUNT,
        "recall": FRACTION,
        "f1": FRACTION,
    },
    ordered=(("n_true", "n_calls"), ("n_found", "n_instances")),
)
RECOVERED_ANNOTATIONS = TableSchema(
    {
        "concept": TEXT,
        "feature": COUNT,
        "n_hidden": COUNT,
        "n_returned": COUNT,
        "n_calls": COUNT,
        "stated_precision": FRACTION,
        "observed_precision": FRACTION,
    }
)
PLANTED_REPORT = TableSchema(
    {
        "motif": TEXT,
        "feature": COUNT,
        "recovered": YES_NO,
        "n_features": COUNT,
        "absorbed_fraction": FRACTION,
    }
)
