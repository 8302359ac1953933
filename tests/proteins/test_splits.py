import logging

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plmscope.proteins import ProteinTableError, SplitSettings, split_proteins
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

    @given(st.lists(st.integers(0, 20), min_size=3, max_size=60), st.integers(0, 5))
    def test_no_split_is_empty_where_there_are_clusters_enough(self, members, seed):
        """Regression: three unrelated proteins were two of train, one of valid, none of test."""
        clusters = pd.Series(members).astype("str")
        found = set(assign_splits(clusters, SplitSettings(seed=seed)).values())
        assert len(found) == min(3, clusters.nunique())

    def test_the_seed_decides(self):
        clusters = pd.Series([f"c{i}" for i in range(50)])
        first, again, other = (assign_splits(clusters, SplitSettings(seed=s)) for s in (0, 0, 1))
        assert first == again
        assert first != other

    @given(st.lists(st.integers(0, 50), min_size=1, max_size=200), st.integers(0, 5))
    def test_a_split_whose_share_is_0_gets_none(self, members, seed):
        settings = SplitSettings(train=0, valid=0.3, test=0.7, seed=seed)
        chosen = assign_splits(pd.Series(members).astype("str"), settings).values()
        assert set(chosen) <= {"valid", "test"}


@pytest.fixture
def proteins(make_proteins):
    annotated = make_proteins({f"A{i}": "MKTA" for i in range(20)})
    corpus = make_proteins({f"C{i}": "MKTA" for i in range(5)}, origin="corpus")
    return pd.concat([corpus, annotated], ignore_index=True)


def each_its_own(proteins):
    """Clusters of one protein, as `cluster_proteins` gives them."""
    return proteins[["accession"]].assign(cluster=proteins["accession"], judged=True)


class TestSplitProteins:
    def test_whole_clusters_go_to_one_split(self, proteins):
        """Regression: random splits put homologues on both sides (docs/faults.md, fault 6)."""
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

    def test_what_the_clusters_say_beside_goes_no_further(self, proteins):
        split = split_proteins(proteins, each_its_own(proteins), SplitSettings())
        assert sorted(split.columns) == sorted(proteins.columns)


class TestTrainOfTheCorpusAlone:
    SETTINGS = SplitSettings(train=0, valid=0.5, test=0.5)

    def test_holds_every_annotated_protein_out(self, proteins):
        split = split_proteins(proteins, each_its_own(proteins), self.SETTINGS)
        sizes = split.groupby("origin")["split"].value_counts().to_dict()
        assert sizes == {
            ("annotated", "valid"): 10,
            ("annotated", "test"): 10,
            ("corpus", "train"): 5,
        }

    @pytest.mark.parametrize("origin", ["annotated", "corpus"])
    def test_needs_a_corpus_beside_annotated_proteins(self, proteins, origin):
        alone = proteins[proteins["origin"] == origin]
        with pytest.raises(ProteinTableError, match=r"No protein would be in train.*corpus_fasta"):
            split_proteins(alone, each_its_own(alone), self.SETTINGS)


class TestGivenSplits:
    @pytest.fixture
    def given_splits(self, make_proteins, random_sequence):
        """Five annotated proteins in given splits, and a corpus protein."""
        annotated = make_proteins(
            {f"A{i}": random_sequence(i, 30) for i in range(5)},
            split=["train", "valid", "test", "test", "valid"],
        )
        corpus = make_proteins({"C": random_sequence(9, 30)}, origin="corpus")
        return pd.concat([corpus, annotated], ignore_index=True)

    def split(self, proteins, settings=None):
        table = split_proteins(proteins, each_its_own(proteins), settings or SplitSettings())
        return table.set_index("accession")["split"].to_dict()

    def test_are_taken_as_they_are_and_the_corpus_is_train(self, given_splits):
        assert self.split(given_splits) == {
            "A0": "train", "A1": "valid", "A2": "test", "A3": "test", "A4": "valid", "C": "train",
        }  # fmt: skip

    def test_are_taken_even_if_a_cluster_is_torn(self, given_splits):
        clusters = each_its_own(given_splits).assign(cluster="A0")
        split = split_proteins(given_splits, clusters, SplitSettings())
        assert split["split"].tolist() == ["train", "valid", "test", "test", "valid", "train"]
        assert set(split["cluster"]) == {"A0"}

    def test_no_given_train_is_needed_beside_a_corpus(self, given_splits):
        held_out = given_splits[given_splits["accession"] != "A0"]
        assert set(self.split(held_out, SplitSettings(train=0, valid=0.5, test=0.5)).values()) == {
            "train", "valid", "test",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("left_out", "told"),
        [(["A2", "A3"], "in test"), (["A1", "A4"], "in valid"), (["A0", "C"], "in train"),
         (["A1", "A2", "A3", "A4"], "in valid or test")],
    )  # fmt: skip
    def test_an_empty_one_stops(self, given_splits, left_out, told):
        rest = given_splits[~given_splits["accession"].isin(left_out)]
        with pytest.raises(ProteinTableError, match=rf"No protein is {told}\..*split_column"):
            self.split(rest)

    def test_twins_in_two_splits_stay_and_are_counted(self, given_splits, caplog):
        given_splits.loc[given_splits["accession"].isin(["A0", "A2", "A3", "C"]), "sequence"] = "MK"
        with caplog.at_level(logging.WARNING, "plmscope.proteins.splits"):
            split = self.split(given_splits)
        assert (split["A0"], split["A2"]) == ("train", "test")
        assert "4 proteins have the sequence of a protein in another split" in caplog.text

    def test_twins_in_one_split_are_no_matter(self, given_splits, caplog):
        given_splits.loc[given_splits["accession"].isin(["A2", "A3"]), "sequence"] = "MK"
        self.split(given_splits)
        assert caplog.text == ""
