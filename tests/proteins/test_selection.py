"""Choosing proteins: each file in one pass, whatever its size and order."""

import pandas as pd
import pytest

from plmscope.proteins import (
    IngestionSettings,
    RejectLog,
    SeenAccessions,
    UniprotChunk,
    refuse_unknown,
)
from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.reading import rejects as reject_rows
from plmscope.proteins.reading.rejects import count_rejects
from plmscope.proteins.selection import _keys, select_annotated, select_corpus
from plmscope.proteins.tables import ANNOTATION_COLUMNS, make_table

NO_ANNOTATIONS = make_table([], ANNOTATION_COLUMNS)


@pytest.fixture
def annotated(make_proteins):
    return make_proteins({f"A{i:02}": "M" * (i + 1) for i in range(20)})


@pytest.fixture
def corpus(make_proteins):
    return make_proteins({"A03": "MMMM", "C1": "MMMMM", "C2": "M" * 40}, origin="corpus")


def select(annotated, corpus, settings):
    """Both, as the node does, two proteins at a time."""
    rejects, seen = RejectLog(), SeenAccessions()
    of_table = [UniprotChunk(part, NO_ANNOTATIONS) for part in in_twos(annotated)]
    taken = select_annotated(of_table, settings, rejects).proteins
    seen.add({hash(accession): 0 for accession in annotated["accession"]})
    drawn = select_corpus(in_twos(corpus), seen, settings, rejects)
    return pd.concat([taken, drawn]), rejects.table()


def in_twos(proteins):
    return [proteins.iloc[start : start + 2] for start in range(0, len(proteins), 2)]


class TestSelectProteins:
    def test_every_protein_is_taken_or_rejected(self, annotated, corpus):
        settings = IngestionSettings(min_length=3, max_length=18, n_annotated=5, seed=1)
        selected, rejects = select(annotated, corpus, settings)
        assert sorted([*selected["accession"], *rejects["accession"]]) == sorted(
            [*annotated["accession"], *corpus["accession"]]
        )
        assert rejects["reason"].value_counts().to_dict() == {
            "not drawn": 11,
            "longer than max_length (18)": 3,
            "shorter than min_length (3)": 2,
            "same accession as an earlier protein": 1,
        }

    def test_those_that_are_named_are_left_out(self, annotated, corpus):
        settings = IngestionSettings.model_validate({"exclude": "A05 C1"})
        selected, rejects = select(annotated, corpus, settings)
        assert not {"A05", "C1"} & set(selected["accession"])
        named = rejects["reason"] == "named by ingestion.exclude"
        assert rejects.loc[named, "accession"].tolist() == ["A05", "C1"]
        refuse_unknown(settings.exclude, rejects)

    def test_a_name_that_is_none_is_told(self, annotated, corpus):
        settings = IngestionSettings(exclude=("A99", "A01"))
        _, rejects = select(annotated, corpus, settings)
        with pytest.raises(ProteinTableError, match=r"ingestion\.exclude names A99, which is no"):
            refuse_unknown(settings.exclude, rejects)

    def test_long_ones_are_taken_where_they_are_embedded_in_windows(self, annotated, corpus):
        settings = IngestionSettings(max_length=18, long_sequences="windows")
        selected, _ = select(annotated, corpus, settings)
        assert selected["length"].max() == 40

    @pytest.mark.parametrize("origin", ["annotated", "corpus"])
    def test_the_seed_decides_and_the_order_of_the_file_does_not(
        self, annotated, make_proteins, origin
    ):
        """Regression: random subsets were not seeded (docs/faults.md, fault 13)."""
        corpus = make_proteins({f"C{i:02}": "M" * (i + 1) for i in range(20)}, origin="corpus")

        def draw(seed, shuffled=False):
            tables = [annotated, corpus]
            if shuffled:
                tables = [table.sample(frac=1, random_state=3) for table in tables]
            settings = IngestionSettings(n_annotated=5, n_corpus=5, seed=seed)
            selected, _ = select(*tables, settings)
            return selected.loc[selected["origin"] == origin, "accession"].tolist()

        assert len(draw(0)) == 5
        assert draw(0) == draw(0, shuffled=True)
        assert draw(0) != draw(1)

    def test_no_corpus(self, annotated, corpus):
        selected, rejects = select(annotated, corpus.iloc[:0], IngestionSettings())
        pd.testing.assert_frame_equal(selected, annotated)
        assert rejects.empty


class TestSelectCorpus:
    @pytest.mark.parametrize("number", [0, 1, 7, 99])
    def test_draws_those_of_the_smallest_keys(self, make_proteins, number):
        """The draw is narrowed on the way; here all are sorted at once."""
        corpus = make_proteins({f"C{i:03}": "MKT" for i in range(80)}, origin="corpus")
        settings = IngestionSettings.model_construct(
            **IngestionSettings(seed=4).model_dump() | {"n_corpus": number}
        )
        drawn = select_corpus(
            [corpus.iloc[start : start + 3] for start in range(0, 80, 3)],
            SeenAccessions(),
            settings,
            RejectLog(),
        )
        order = corpus.assign(key=_keys(corpus["accession"], 4)).sort_values("key")
        assert drawn["accession"].tolist() == sorted(order["accession"].head(number))


class TestRejectLog:
    def test_counts_all_and_keeps_the_first(self, make_proteins, monkeypatch):
        monkeypatch.setattr(reject_rows, "ROWS_PER_REASON", 3)
        corpus = make_proteins({f"C{i:03}": "MKT" for i in range(80)}, origin="corpus")
        log = RejectLog()
        select_corpus(in_twos(corpus), SeenAccessions(), IngestionSettings(min_length=4), log)
        table = log.table()
        assert table["accession"].tolist() == ["C000", "C001", "C002", ""]
        assert log.count() == count_rejects(table).sum() == 80
