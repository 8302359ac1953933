"""Tables of what the PLM does with features, and of what it knows."""

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
from plmscope.effects.ablation import KINDS
from plmscope.probes.report import VERDICTS
from plmscope.steering.dose import FEATURE, OTHER_FEATURE, RANDOM_DIRECTION

_MAY_LACK = Column("number", may_lack=True)
_SCORE_OR_NONE = Column("number", low=0, high=1, may_lack=True)

ABLATIONS = TableSchema(
    {
        "feature": COUNT,
        "concept": TEXT,
        "accession": TEXT,
        "cluster": TEXT,
        "kind": Column("text", among=KINDS),
        "control": Column("whole", low=-1),
        "n_masked": COUNT,
        "n_on": COUNT,
        "loss": POSITIVE,
        "effect": NUMBER,
        "length": POSITIVE,
    }
)
EFFECTS = TableSchema(
    {
        "feature": COUNT,
        "concept": TEXT,
        "n_clusters": COUNT,
        "n_clusters_on": COUNT,
        "effect": NUMBER,
        "effect_low": NUMBER,
        "effect_high": NUMBER,
        "above_active_there_low": NUMBER,
        "above_random_low": NUMBER,
        "is_used": YES_NO,
    },
    ordered=(("n_clusters_on", "n_clusters"), ("effect_low", "effect_high")),
)
REPEATS = TableSchema(
    {
        "kind": TEXT,
        "number": COUNT,
        "dose": NUMBER,
        "offset": COUNT,
        "is_repeat": YES_NO,
        "before": FRACTION,
        "after": FRACTION,
        "change": NUMBER,
        "change_low": NUMBER,
        "change_high": NUMBER,
        "n_sequences": COUNT,
    },
    may_lack=True,
)
RESPONSES = TableSchema(
    {
        "kind": Column("text", among=(FEATURE, OTHER_FEATURE, RANDOM_DIRECTION)),
        "number": COUNT,
        "dose": NUMBER,
        "position": PLACE,
        "residue": TEXT,
        "change": NUMBER,
        "before": _SCORE_OR_NONE,
        "after": _SCORE_OR_NONE,
        "amino_acid": TEXT,
        "predicted": FRACTION,
    }
)
LADDER = TableSchema(
    {
        "feature": COUNT,
        "name": TEXT,
        "rung": Column("whole", low=0, high=5),
        **dict.fromkeys(
            ("has_score", "has_interval", "beats_controls", "beats_motif", "is_used"), YES_NO
        ),
        "best_control": TEXT,
        **dict.fromkeys(("control_test_f1", "motif_test_f1"), _SCORE_OR_NONE),
        **dict.fromkeys(("effect", "effect_low", "effect_high", "above_controls_low"), _MAY_LACK),
    },
    may_lack=True,
)
PROBES = TableSchema(
    {
        "concept": TEXT,
        "probe": TEXT,
        "strength": POSITIVE,
        "threshold": FRACTION,
        "valid_f1": FRACTION,
        "test_f1": FRACTION,
        "test_f1_low": FRACTION,
        "test_f1_high": FRACTION,
        "test_f1_per_residue": FRACTION,
        "features": LIST,
    },
    ordered=(("test_f1_low", "test_f1_high"),),
)
_CONCEPT_PROBED = {
    "concept": TEXT,
    "counted": YES_NO,
    "ceiling_f1": FRACTION,
    "ceiling_f1_low": _SCORE_OR_NONE,
    "ceiling_f1_high": _SCORE_OR_NONE,
    "best_feature_f1": FRACTION,
    "best_neuron_f1": FRACTION,
    "verdict": Column("text", among=VERDICTS),
}
PLANTED_PROBE_REPORT = TableSchema(_CONCEPT_PROBED)
PROBE_REPORT = TableSchema(
    {**_CONCEPT_PROBED, "random_split_f1": FRACTION, "gap": NUMBER}, may_lack=True
)
