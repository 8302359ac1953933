import numpy as np
import pandas as pd
import pytest

from plmscope.proteins import (
    HomologyError,
    HomologySettings,
    ProteinTableError,
    audit_leakage,
    cluster_proteins,
    mmseqs,
    reject_homologues,
)

SETTINGS = HomologySettings()
LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


def random_sequence(seed, length=120):
    return "".join(np.random.default_rng(seed).choice(LETTERS, length))


def mutate(sequence, share, seed=0):
    """The sequence with a share of its residues replaced."""
    generator = np.random.default_rng(seed)
    residues = np.array(list(sequence))
    changed = generator.random(len(residues)) < share
    residues[changed] = generator.choice(LETTERS, changed.sum())
    return "".join(residues)


@pytest.fixture(scope="module")
def family():
    """Two families of three, and one protein on its own."""
    first, second = random_sequence(1), random_sequence(2)
    return {
        "A1": first, "A2": mutate(first, 0.3, 1), "A3": mutate(first, 0.3, 2),
        "B1": second, "B2": mutate(second, 0.3, 3), "B3": mutate(second, 0.3, 4),
        "C1": random_sequence(3),
    }  # fmt: skip


class TestClusterProteins:
    def test_finds_the_families(self, make_proteins, family):
        clusters = cluster_proteins(make_proteins(family), SETTINGS)
        assert clusters["cluster"].tolist() == ["A1", "A1", "A1", "B1", "B1", "B1", "C1"]

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

    def test_given_clusters_are_taken(self, make_proteins, family):
        proteins = make_proteins(family, cluster=["x", "y", "x", "y", "x", "z", "z"])
        clusters = cluster_proteins(proteins, SETTINGS)
        assert clusters["cluster"].tolist() == ["A1", "A2", "A1", "A2", "A1", "B3", "B3"]

    def test_clusters_given_for_some_only(self, make_proteins, family):
        proteins = make_proteins(family, cluster=["x", "", "x", "y", "x", "z", "z"])
        with pytest.raises(ProteinTableError, match="for 6 of 7 annotated proteins"):
            cluster_proteins(proteins, SETTINGS)


class TestRejectHomologues:
    def test_only_of_held_out_proteins(self, make_proteins, family):
        """Regression: homologues on both sides of a split (interplm.md, fault 6)."""
        annotated = make_proteins({"A1": family["A1"], "B1": family["B1"]})
        corpus = make_proteins({name: family[name] for name in ("A2", "B2", "C1")}, origin="corpus")
        proteins = pd.concat([annotated, corpus], ignore_index=True).assign(
            split=["valid", "train", "train", "train", "train"]
        )
        kept, rejects = reject_homologues(proteins, SETTINGS)
        assert kept["accession"].tolist() == ["A1", "B1", "B2", "C1"]
        assert rejects[["accession", "reason"]].to_numpy().tolist() == [
            ["A2", "homologous to a held-out protein"]
        ]


class TestAuditLeakage:
    def test_tells_homologues_from_shared_domains(self, make_proteins, family):
        proteins = make_proteins(
            {
                "A1": family["A1"],
                "A2": family["A2"],
                "S1": random_sequence(9, 200) + family["A1"][:60],
                "C1": family["C1"],
            }
        ).assign(split=["train", "valid", "test", "test"])
        audit = audit_leakage(proteins, SETTINGS).set_index("accession")
        assert audit["train_accession"].to_dict() == {"A2": "A1", "S1": "A1", "C1": ""}
        assert audit["above_cut"].to_dict() == {"A2": True, "S1": False, "C1": False}
        assert not audit.isna().any(axis=None)
        assert audit.loc["C1", "identity"] == 0

    def test_without_train(self, make_proteins, family):
        proteins = make_proteins(family).assign(split="test")
        assert not audit_leakage(proteins, SETTINGS)["above_cut"].any()


class TestMmseqs:
    def test_the_prefilter_loses_no_homologue(self, monkeypatch, family):
        sequences = list(family.values())
        every_pair = mmseqs.search_sequences(sequences, sequences, min_identity=0.3)
        monkeypatch.setattr(mmseqs, "_MAX_PAIRS_ALIGNED", 0)
        filtered = mmseqs.search_sequences(sequences, sequences, min_identity=0.3)
        order = ["query", "target"]
        pd.testing.assert_frame_equal(
            filtered.sort_values(order, ignore_index=True),
            every_pair.sort_values(order, ignore_index=True),
        )

    def test_a_failure_is_told(self, monkeypatch):
        monkeypatch.setattr(mmseqs, "get_mmseqs_binary", lambda: "false")
        with pytest.raises(HomologyError, match="exit code 1"):
            mmseqs.search_sequences(["MKTA"], ["MKTA"])

    def test_leaves_nothing_behind_and_prints_nothing(self, tmp_path, monkeypatch, capfd, family):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        mmseqs.search_sequences([family["A1"]], [family["A2"]])
        assert list(tmp_path.iterdir()) == []
        assert capfd.readouterr() == ("", "")
