"""Three tables as one dataset: nothing is stored twice, and a damaged one is named."""

import pandas as pd
import pytest

from plmscope.concepts import AnnotatedProteins
from plmscope.datasets.annotated_proteins import AnnotatedProteinsDataset
from plmscope.datasets.schemas.table_schema import TableSchemaError
from plmscope.disk.parquet import write_parquet

NAMES = ("proteins", "annotations", "concepts")
FILES = {name: f"{name}.parquet" for name in NAMES}


@pytest.fixture
def tables():
    protein = dict.fromkeys(
        ("entry_name", "protein_name", "gene_names", "organism", "cluster"), ""
    ) | {"accession": "P", "length": 4, "sequence": "ACDE", "origin": "annotated", "split": "valid"}
    row = {"accession": "P", "category": "Helix", "concept": "Helix", "level": "span"}
    return {
        "proteins": pd.DataFrame([protein]),
        "annotations": pd.DataFrame([row | {"start": 1, "end": 2, "instance": 0}]),
        "concepts": pd.DataFrame(
            [{"concept": "Helix", "category": "Helix", "level": "span", "kept": True}]
        ),
    }


@pytest.fixture
def dataset(tmp_path, tables):
    for name, table in tables.items():
        write_parquet(table, tmp_path / FILES[name])
    dataset = AnnotatedProteinsDataset(filepath=str(tmp_path / "all.json"), tables=FILES)
    assert not dataset.exists()
    dataset.save(AnnotatedProteins(**tables))
    return dataset


class TestAnnotatedProteinsDataset:
    def test_gives_the_three_tables(self, dataset, tables):
        loaded = dataset.load()
        for name in NAMES:
            pd.testing.assert_frame_equal(getattr(loaded, name), tables[name])
        assert loaded.labels("valid").accessions == ["P"]
        assert loaded.cluster_of.to_dict() == {"P": ""}

    @pytest.mark.usefixtures("dataset")
    def test_stores_no_table_twice(self, tmp_path):
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "all.json",
            *sorted(FILES.values()),
        ]

    def test_gives_a_table_as_it_is_now(self, dataset, tmp_path, tables):
        write_parquet(tables["concepts"].assign(kept=False), tmp_path / "concepts.parquet")
        assert not dataset.load().concepts["kept"].any()

    def test_names_a_table_that_lacks_a_column(self, dataset, tmp_path, tables):
        write_parquet(tables["annotations"].drop(columns="end"), tmp_path / "annotations.parquet")
        with pytest.raises(Exception, match=r"annotations.parquet: there is no column end") as told:
            dataset.load()
        assert isinstance(told.value.__cause__, TableSchemaError)
