import pandas as pd
import pytest

from plmscope.proteins import IngestionSettings, select_proteins


@pytest.fixture
def annotated(make_proteins):
    return make_proteins({f"A{i:02}": "M" * (i + 1) for i in range(20)})


@pytest.fixture
def corpus(make_proteins):
    return make_proteins({"A03": "MMMM", "C1": "MMMMM", "C2": "M" * 40}, origin="corpus")


class TestSelectProteins:
    def test_every_protein_is_taken_or_rejected(self, annotated, corpus):
        settings = IngestionSettings(min_length=3, max_length=18, n_annotated=5, seed=1)
        selected, rejects = select_proteins(annotated, corpus, settings)
        assert sorted([*selected["accession"], *rejects["accession"]]) == sorted(
            [*annotated["accession"], *corpus["accession"]]
        )
        assert rejects["reason"].value_counts().to_dict() == {
            "not drawn": 11,
            "longer than max_length (18)": 3,
            "shorter than min_length (3)": 2,
            "same accession as an earlier protein": 1,
        }
        assert selected["accession"].is_monotonic_increasing

    def test_long_ones_are_taken_where_they_are_embedded_in_windows(self, annotated, corpus):
        settings = IngestionSettings(max_length=18, long_sequences="windows")
        selected, _ = select_proteins(annotated, corpus, settings)
        assert selected["length"].max() == 40

    def test_the_seed_decides_and_the_order_of_the_file_does_not(self, annotated, corpus):
        """Regression: random subsets were not seeded (docs/faults.md, fault 13)."""

        def draw(table, seed):
            return list(
                select_proteins(table, corpus, IngestionSettings(n_annotated=5, seed=seed))[0][
                    "accession"
                ]
            )

        shuffled = annotated.sample(frac=1, random_state=3)
        assert draw(annotated, 0) == draw(shuffled, 0)
        assert draw(annotated, 0) != draw(annotated, 1)

    def test_no_corpus(self, annotated, corpus):
        selected, rejects = select_proteins(annotated, corpus.iloc[:0], IngestionSettings())
        pd.testing.assert_frame_equal(selected, annotated)
        assert rejects.empty
