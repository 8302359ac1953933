import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plmscope.proteins import SplitSettings, split_proteins
from plmscope.proteins.splits import assign_splits


class TestAssignSplits:
    @given(st.lists(st.integers(0, 200), min_size=1, max_size=400), st.integers(0, 5))
    def test_shares_are_right_up_to_the_largest_cluster(self, members, seed):
        clusters = pd.Series(members).astype("str")
        split_of_cluster = assign_splits(clusters, SplitSettings(seed=seed))
        sizes = clusters.map(split_of_cluster).value_counts()
        largest = clusters.value_counts().max()
        for split, share in (("train", 0.6), ("valid", 0.2), ("test", 0.2)):
            assert abs(sizes.get(split, 0) - share * len(clusters)) <= largest

    def test_the_seed_decides(self):
        clusters = pd.Series([f"c{i}" for i in range(50)])
        first, again, other = (assign_splits(clusters, SplitSettings(seed=s)) for s in (0, 0, 1))
        assert first == again
        assert first != other


class TestSplitProteins:
    @pytest.fixture
    def proteins(self, make_proteins):
        annotated = make_proteins({f"A{i}": "MKTA" for i in range(20)})
        corpus = make_proteins({f"C{i}": "MKTA" for i in range(5)}, origin="corpus")
        return pd.concat([corpus, annotated], ignore_index=True)

    def test_whole_clusters_go_to_one_split(self, proteins):
        """Regression: random splits put homologues on both sides (interplm.md, fault 6)."""
        clusters = proteins[["accession"]].assign(cluster=proteins["accession"].str[-1])
        split = split_proteins(proteins, clusters, SplitSettings())
        annotated = split[split["origin"] == "annotated"]
        assert len(annotated[["cluster", "split"]].drop_duplicates()) == 10
        assert set(split["split"]) == {"train", "valid", "test"}
        assert split["accession"].is_monotonic_increasing

    def test_the_corpus_goes_to_train_and_does_not_count(self, proteins):
        clusters = proteins[["accession"]].assign(cluster=proteins["accession"])
        split = split_proteins(proteins, clusters, SplitSettings())
        annotated = split[split["origin"] == "annotated"]
        assert annotated["split"].value_counts().to_dict() == {"train": 12, "valid": 4, "test": 4}
        assert set(split.loc[split["origin"] == "corpus", "split"]) == {"train"}

    def test_a_corpus_alone_is_split(self, proteins):
        corpus = proteins[proteins["origin"] == "corpus"]
        clusters = corpus[["accession"]].assign(cluster=corpus["accession"])
        split = split_proteins(corpus, clusters, SplitSettings())
        assert split["split"].value_counts().to_dict() == {"train": 3, "valid": 1, "test": 1}
