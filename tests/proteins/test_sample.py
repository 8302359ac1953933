"""The bundled sample is what data/README.md says it is."""

import pandas as pd
import pytest

from plmscope.proteins import read_uniprot_tsv
from plmscope.proteins.feature_types import FEATURE_TYPES


@pytest.fixture(scope="module")
def sample(project):
    return project / "data/01_raw/human_swissprot_sample.tsv.gz"


class TestSample:
    def test_proteins_are_short_and_annotated(self, sample):
        cells = pd.read_csv(sample, sep="\t", dtype="str", keep_default_na=False)
        columns = [kind.column for kind in FEATURE_TYPES if kind.column in cells]
        assert len(columns) == 10
        assert len(cells) == 2000
        assert (cells["Length"].astype(int) <= 512).all()
        assert ((cells[columns] != "").sum(axis=1) >= 3).all()

    def test_reads_with_one_unknown_position(self, sample, project):
        tables = read_uniprot_tsv(sample)
        assert tables.rejects["reason"].tolist() == ["unknown position"]
        assert (
            f"{tables.proteins['length'].sum():,} residues"
            in (project / "data/README.md").read_text()
        )

    def test_is_small(self, sample):
        assert sample.stat().st_size < 2_000_000

    def test_the_tiny_table_holds_its_shortest_proteins(self, sample, project):
        tiny = read_uniprot_tsv(project / "tests/data/human_swissprot_tiny.tsv").proteins
        lengths = read_uniprot_tsv(sample).proteins["length"]
        assert sorted(tiny["length"]) == sorted(lengths)[:60]
