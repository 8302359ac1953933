import logging

import numpy as np
import pandas as pd
import pytest

from plmscope.proteins import HomologySettings, ProteinTableError, cluster_proteins
from plmscope.proteins.homology import clusters as homology
from plmscope.proteins.homology import mmseqs
from plmscope.proteins.homology.clusters import cluster_quickly, cluster_sequences

SETTINGS = HomologySettings()


def clusters_of(proteins):
    return cluster_proteins(proteins, SETTINGS).set_index("accession")["cluster"].to_dict()


class TestClusterProteins:
    def test_finds_the_families(self, make_proteins, family):
        clusters = cluster_proteins(make_proteins(family), SETTINGS)
        assert clusters["cluster"].tolist() == ["A1", "A1", "A1", "B1", "B1", "B1", "C1"]
        assert clusters["judged"].all()

    def test_does_not_depend_on_threads(self, make_proteins, family):
        proteins = make_proteins(family)
        pd.testing.assert_frame_equal(
            cluster_proteins(proteins, SETTINGS),
            cluster_proteins(proteins, HomologySettings(threads=2)),
        )

    def test_the_cut_is_a_setting(self, make_proteins, family):
        strict = HomologySettings(min_identity=0.95)
        clusters = cluster_proteins(make_proteins(family), strict)
        assert clusters["cluster"].nunique() == 7

    def test_corpus_proteins_beside_annotated_ones_stay_alone(self, make_proteins, family):
        annotated = make_proteins({"A1": family["A1"]})
        corpus = make_proteins({"X1": family["A1"], "X2": family["A1"]}, origin="corpus")
        clusters = cluster_proteins(pd.concat([corpus, annotated], ignore_index=True), SETTINGS)
        assert clusters["cluster"].tolist() == ["X1", "X2", "A1"]
        assert clusters["judged"].tolist() == [True, True, True]


class TestClusterSequences:
    def test_numbers_the_clusters_of_each_sequence_also_of_repeated_ones(self, family, poly_q):
        sequences = [family["A1"], "EI", poly_q(0), family["A2"], "EI", poly_q(0), family["A1"]]
        labels = cluster_sequences(sequences, SETTINGS)
        assert labels[[0, 1, 2]].tolist() == labels[[3, 4, 5]].tolist()
        assert labels[6] == labels[0]
        assert len(set(labels)) == 3

    def test_of_none(self):
        assert cluster_sequences([], SETTINGS).tolist() == []


class TestOfMany:
    """Of more than `SEARCHED_IN_FULL` sequences, only representatives are searched."""

    @pytest.fixture
    def searched(self, monkeypatch):
        """How many sequences each search was given."""
        numbers = []

        def search(queries, targets, **settings):
            numbers.append(len(queries))
            return mmseqs.search_sequences(queries, targets, **settings)

        monkeypatch.setattr(homology, "SEARCHED_IN_FULL", 3)
        monkeypatch.setattr(homology, "search_sequences", search)
        return numbers

    def test_families_copies_and_parts_stay_together(
        self, searched, make_proteins, random_sequence, mutate, poly_q
    ):
        ancestors = [random_sequence(i, 200) for i in range(3)]
        families = {
            f"{name}{i}": mutate(ancestor, changed, seed=ord(name) + 100 * i)
            for name, ancestor in zip("ABC", ancestors, strict=True)
            for i, changed in enumerate([0, 0.1, 0.2, 0.55])
        }
        others = {"Q": poly_q(0), "part": poly_q(0)[5:40], "EI": "EI", "bit": ancestors[1][90:120]}
        clusters = cluster_proteins(make_proteins(families | others), SETTINGS)
        of = clusters.set_index("accession")["cluster"].to_dict()
        assert of == {
            **{name: f"{name[0]}0" for name in families},
            "Q": "Q", "part": "Q", "EI": "EI", "bit": "B0",
        }  # fmt: skip
        judged = clusters.set_index("accession")["judged"]
        assert set(judged.index[~judged]) >= {"Q", "EI"}
        assert judged[list(families)].all()
        assert searched == [len(families) + len(others) - 6]

    @pytest.mark.usefixtures("searched")
    def test_a_stricter_identity_holds_for_representatives_too(self, make_proteins, family):
        strict = HomologySettings(min_identity=0.95)
        assert cluster_proteins(make_proteins(family), strict)["cluster"].nunique() == 7


class TestTwins:
    def test_of_low_complexity_share_a_cluster(self, make_proteins, poly_q):
        """Regression: MMseqs2 finds nothing for them, not even themselves."""
        groups = {f"{group}{i}": poly_q(group) for group in range(6) for i in range(4)}
        clusters = cluster_proteins(make_proteins(groups), SETTINGS)
        assert clusters["cluster"].tolist() == [f"{name[0]}0" for name in groups]
        assert not clusters["judged"].any()

    @pytest.mark.parametrize("sequence", ["M", "EI", "GTGG", "X" * 50, "MKTAYIAKQR", "A" * 200])
    def test_very_short_or_unknown_ones_do_too(self, make_proteins, family, sequence):
        clusters = clusters_of(make_proteins({"T1": sequence, **family, "T2": sequence}))
        assert clusters["T1"] == clusters["T2"] == "T1"
        assert clusters["A1"] == "A1"

    def test_a_part_shares_the_cluster_of_the_whole(self, make_proteins, poly_q, random_sequence):
        whole, long = poly_q(0), random_sequence(4, 400)
        clusters = clusters_of(
            make_proteins({"part": whole[5:40], "whole": whole, "long": long, "bit": long[90:120]})
        )
        assert clusters == {"part": "part", "whole": "part", "long": "long", "bit": "long"}

    def test_wholes_of_one_part_share_a_cluster(self, make_proteins, random_sequence):
        part = random_sequence(0, 20)
        wholes = {f"W{i}": random_sequence(i + 1, 200) + part for i in range(3)}
        clusters = clusters_of(make_proteins({**wholes, "part": part}))
        assert set(clusters.values()) == {"W0"}

    def test_of_any_number_share_a_cluster(self, make_proteins, random_sequence):
        """MMseqs2 keeps 300 hits of a sequence."""
        sequence = random_sequence(0, 60)
        clusters = clusters_of(make_proteins({f"{i:03}": sequence for i in range(700)}))
        assert set(clusters.values()) == {"000"}

    def test_what_mmseqs_cannot_judge_is_said_of_these_alone(self, make_proteins, family, poly_q):
        proteins = make_proteins({"Q": poly_q(0), **family, "EI": "EI"})
        judged = cluster_proteins(proteins, SETTINGS).set_index("accession")["judged"]
        assert judged.index[~judged].tolist() == ["Q", "EI"]


class TestGivenClusters:
    def test_are_taken(self, make_proteins, family):
        proteins = make_proteins(family, cluster=["x", "y", "x", "y", "x", "z", "z"])
        clusters = cluster_proteins(proteins, SETTINGS)
        assert clusters["cluster"].tolist() == ["A1", "A2", "A1", "A2", "A1", "B3", "B3"]
        assert clusters["judged"].all()

    def test_are_joined_where_they_share_a_sequence_or_a_part(self, make_proteins, family, caplog):
        """Regression: identical proteins of two given clusters went to two splits."""
        sequences = {
            "A1": family["A1"], "B1": family["B1"], "copy": family["A1"],
            "C1": family["C1"], "part": family["B1"][10:60], "D1": "EI",
        }  # fmt: skip
        proteins = make_proteins(sequences, cluster=["u", "v", "w", "w", "x", "y"])
        with caplog.at_level(logging.INFO, homology.__name__):
            clusters = cluster_proteins(proteins, SETTINGS)
        assert clusters["cluster"].tolist() == ["A1", "B1", "A1", "A1", "B1", "D1"]
        assert "5 given clusters are joined to 3" in caplog.text

    def test_for_some_only(self, make_proteins, family):
        proteins = make_proteins(family, cluster=["x", "", "x", "y", "x", "z", "z"])
        with pytest.raises(ProteinTableError, match="for 6 of 7 annotated proteins"):
            cluster_proteins(proteins, SETTINGS)


class TestClusterQuickly:
    def test_joins_relatives_and_copies(self):
        rng = np.random.default_rng(0)
        family, orphan = ("".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 150)) for _ in range(2))
        sequences = [family, orphan, family[:60] + "A" + family[61:], orphan, "GA" * 5]
        found = cluster_quickly(sequences, HomologySettings())
        assert found[0] == found[2]
        assert found[1] == found[3]
        assert len({found[0], found[1], found[4]}) == 3

    def test_of_peptides_each_is_its_own(self):
        assert len(set(cluster_quickly(["MKT", "GGG", "A"], HomologySettings()))) == 3

    def test_copies_alone_are_one(self):
        assert cluster_quickly(["MKTAYIAK"] * 3, HomologySettings()).tolist() == [0, 0, 0]
