"""What a schema refuses, and that every table of a finished run is as its schema says."""

import pandas as pd
import pytest

from plmscope.datasets.schemas.concepts import PAIR_SCORES
from plmscope.datasets.schemas.proteins import ANNOTATIONS, PROTEINS
from plmscope.datasets.schemas.table_schema import (
    COUNT,
    FRACTION,
    TEXT,
    YES_NO,
    Column,
    TableSchema,
    TableSchemaError,
)

TABLE = pd.DataFrame(
    {
        "name": ["a", "b"],
        "n": [0, 3],
        "q": [0.0, 1.0],
        "split": ["train", "test"],
        "kept": [True, False],
    }
)
SCHEMA = TableSchema(
    {
        "name": TEXT,
        "n": COUNT,
        "q": FRACTION,
        "split": Column("text", among=("train", "valid", "test")),
        "kept": YES_NO,
    },
    ordered=(("q", "n"),),
)


class TestTableSchema:
    def test_gives_a_sound_table_back(self):
        assert SCHEMA.validate(TABLE) is TABLE
        assert SCHEMA.validate(TABLE.assign(more=1)) is not None

    def test_of_a_table_without_rows_looks_at_columns_alone(self):
        SCHEMA.validate(TABLE.iloc[:0].astype(object))
        with pytest.raises(TableSchemaError, match="there is no column n, q"):
            SCHEMA.validate(TABLE.iloc[:0][["name", "split", "kept"]])

    @pytest.mark.parametrize(
        ("column", "values", "said"),
        [
            ("n", [0.5, 1.0], "n must be whole numbers, not float64"),
            ("n", [-1, 2], r"n is below 0 in row 0 \(-1\), and in 1 rows in all"),
            ("q", [0.5, 1.5], r"q is above 1 in row 1 \(1\.5\)"),
            ("q", [0.5, None], "q is missing in row 1"),
            ("split", ["train", "tset"], r"split is none of 'train', 'valid', 'test' in row 1"),
            ("kept", [1, 0], "kept must be true or false in each row, not int64"),
            ("name", [1, 2], "name must be text, not int64"),
            ("q", [0.5, 1.0], "q is above n in row 0"),
        ],
    )
    def test_names_the_column_and_the_first_value_that_cannot_be(self, column, values, said):
        with pytest.raises(TableSchemaError, match=said):
            SCHEMA.validate(TABLE.assign(**{column: values}))


class TestSchemas:
    def test_of_scores_hold_q_between_0_and_1(self):
        assert PAIR_SCORES.columns["q_value"] == FRACTION

    def test_of_proteins_know_the_splits(self):
        assert PROTEINS.columns["split"].among == ("train", "valid", "test")

    def test_of_annotations_refuse_an_end_before_the_start(self):
        row = {"accession": "P", "category": "Helix", "concept": "Helix", "level": "span"}
        table = pd.DataFrame([row | {"start": 5, "end": 4, "instance": 0}])
        with pytest.raises(TableSchemaError, match="start is above end in row 0"):
            ANNOTATIONS.validate(table)
