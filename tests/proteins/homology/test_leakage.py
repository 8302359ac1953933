import pandas as pd
import pytest

from plmscope.proteins import HomologySettings, ProteinTableError, audit_leakage, reject_homologues
from plmscope.proteins.homology import leakage, mmseqs

SETTINGS = HomologySettings()
COPY = "same sequence as a held-out protein, or one is part of the other"
HOMOLOGUE = "homologous to a held-out protein"


@pytest.fixture
def make_sides(make_proteins):
    """Annotated proteins of valid and of train, and corpus proteins in train."""

    def make(valid, train=None, corpus=None):
        sides = [
            make_proteins(valid).assign(split="valid"),
            make_proteins(train).assign(split="train") if train else None,
            make_proteins(corpus, origin="corpus").assign(split="train") if corpus else None,
        ]
        return pd.concat([side for side in sides if side is not None], ignore_index=True)

    return make


def reasons(proteins):
    """What is rejected of the corpus, and why; every protein must be kept or rejected."""
    kept, rejects = reject_homologues(proteins, SETTINGS)
    assert sorted([*kept["accession"], *rejects["accession"]]) == sorted(proteins["accession"])
    return dict(zip(rejects["accession"], rejects["reason"], strict=True))


class TestRejectHomologues:
    def test_only_of_held_out_proteins(self, make_sides, family):
        """Regression: homologues on both sides of a split (docs/faults.md, fault 6)."""
        corpus = {name: family[name] for name in ("A2", "B2", "C1")}
        proteins = make_sides({"A1": family["A1"]}, {"B1": family["B1"]}, corpus)
        kept, rejects = reject_homologues(proteins, SETTINGS)
        assert kept["accession"].tolist() == ["A1", "B1", "B2", "C1"]
        assert rejects[["accession", "reason"]].to_numpy().tolist() == [["A2", HOMOLOGUE]]

    def test_copies_whatever_mmseqs_finds(self, make_sides, poly_q, random_sequence):
        """Regression: corpus copies of held-out proteins of low complexity stayed in train."""
        whole = poly_q(0)
        corpus = {
            "same": whole, "part": whole[10:50], "longer": "W" + whole + "W",
            "other": poly_q(1), "random": random_sequence(0), "twin": whole,
        }  # fmt: skip
        proteins = make_sides({"V": whole}, {"T": random_sequence(1)}, corpus)
        assert reasons(proteins) == dict.fromkeys(["same", "part", "longer", "twin"], COPY)

    def test_a_copy_of_a_short_domain_in_a_long_protein(self, make_sides, random_sequence):
        domain = random_sequence(0, 30)
        longer = random_sequence(1, 300) + domain + random_sequence(2, 300)
        proteins = make_sides({"V": domain}, {"T": random_sequence(3)}, {"longer": longer})
        assert reasons(proteins) == {"longer": COPY}

    def test_a_held_out_peptide_of_two_residues_empties_no_corpus(self, make_sides, family):
        corpus = {"C1": family["C1"] + "EI", "C2": "EI"}
        assert reasons(make_sides({"V": "EI"}, {"T": family["A1"]}, corpus)) == {"C2": COPY}

    def test_annotated_train_proteins_are_never_rejected(self, make_sides, family):
        proteins = make_sides({"V": family["A1"]}, {"T": family["A1"]}, {"C": family["A1"]})
        assert reasons(proteins) == {"C": COPY}

    def test_without_a_corpus_nothing_is_searched(self, make_sides, family, monkeypatch):
        monkeypatch.setattr(mmseqs, "run_program", None)
        proteins = make_sides({"A1": family["A1"]}, {"A2": family["A2"]})
        kept, rejects = reject_homologues(proteins, SETTINGS)
        pd.testing.assert_frame_equal(kept, proteins)
        assert rejects.empty

    def test_a_corpus_that_is_all_of_train_and_rejected(self, make_sides, family):
        proteins = make_sides({"A1": family["A1"]}, None, {"A2": family["A2"], "A3": family["A1"]})
        with pytest.raises(ProteinTableError, match=r"No protein is left in train.*corpus_fasta"):
            reject_homologues(proteins, SETTINGS)


class TestRejectHomologuesAsTheAuditFindsThem:
    def test_the_audit_finds_none_near_the_cut(self, make_sides, random_sequence, mutate):
        """Regression: MMseqs2 found other pairs from the corpus' side than from the audit's."""
        held_out = {f"V{i}": random_sequence(i, 40) for i in range(100)}
        corpus = {f"C{i}": mutate(held_out[f"V{i}"], 0.45, 1000 + i) for i in range(100)}
        kept, rejects = reject_homologues(make_sides(held_out, None, corpus), SETTINGS)
        assert len(rejects) > 80
        assert audit_leakage(kept, SETTINGS)["above_threshold"].sum() == 0

    def test_also_of_a_family_larger_than_the_hits_mmseqs_gives(
        self, make_sides, random_sequence, mutate, monkeypatch
    ):
        monkeypatch.setattr(mmseqs, "_MAX_PAIRS_ALIGNED", 0)  # only the prefilter has a limit
        held_out = random_sequence(0, 60)
        corpus = {f"C{i}": mutate(held_out, 0.3, i) for i in range(350)} | {"O": random_sequence(1)}
        kept, _ = reject_homologues(make_sides({"V": held_out}, None, corpus), SETTINGS)
        assert kept["accession"].tolist() == ["V", "O"]

    def test_also_what_shows_only_when_others_are_gone(self, make_sides, monkeypatch, family):
        """A search that tells only the first homologue: each must be looked for again."""
        search = leakage.search_sequences

        def first_hit(*arguments, **settings):
            return search(*arguments, **settings).sort_values("target").head(1)

        monkeypatch.setattr(leakage, "search_sequences", first_hit)
        corpus = {name: family[name] for name in ("A2", "A3", "C1")}
        assert reasons(make_sides({"A1": family["A1"]}, None, corpus)) == {
            "A2": HOMOLOGUE,
            "A3": HOMOLOGUE,
        }


class TestAuditLeakage:
    def test_tells_homologues_from_shared_domains(self, make_proteins, family, random_sequence):
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
        assert audit["above_threshold"].to_dict() == {"A2": True, "S1": False, "C1": False}
        assert not audit.isna().any(axis=None)
        assert audit.loc["C1", "identity"] == 0

    def test_without_train(self, make_proteins, family):
        proteins = make_proteins(family).assign(split="test")
        audit = audit_leakage(proteins, SETTINGS)
        assert not audit["above_threshold"].any()
        assert audit["judged"].all()

    def test_without_held_out_proteins(self, make_proteins, family):
        audit = audit_leakage(make_proteins(family).assign(split="train"), SETTINGS)
        assert audit.empty
        assert audit.dtypes[["above_threshold", "judged"]].tolist() == [bool, bool]


class TestAuditOfCopies:
    def test_identical_ones_count_whatever_mmseqs_finds(self, make_sides, poly_q):
        """Regression: the audit said 0 with identical sequences on both sides."""
        held_out = {f"V{i}": poly_q(i) for i in range(4)}
        audit = audit_leakage(make_sides(held_out, {"T": poly_q(2), "U": poly_q(9)}), SETTINGS)
        assert audit["above_threshold"].tolist() == [False, False, True, False]
        twin = audit.iloc[2]
        assert twin["train_accession"] == "T"
        assert twin[["identity", "query_coverage", "target_coverage"]].tolist() == [1, 1, 1]
        assert not audit["judged"].any()

    def test_parts_and_wholes_count_with_the_shares_they_cover(self, make_sides, random_sequence):
        whole, part = random_sequence(0, 200), random_sequence(1, 200)[:20]
        train = {"chunk": whole[50:90], "longer": random_sequence(2, 60) + part}
        audit = audit_leakage(make_sides({"whole": whole, "part": part}, train), SETTINGS)
        assert audit["above_threshold"].tolist() == [True, True]
        assert audit["train_accession"].tolist() == ["chunk", "longer"]
        assert audit["query_coverage"].tolist() == pytest.approx([0.2, 1])
        assert audit["target_coverage"].tolist() == pytest.approx([1, 0.25])

    def test_the_copy_is_preferred_to_a_weaker_hit(self, make_sides, family):
        train = {
            "A2": family["A2"],
            "longer": "W" * 60 + family["A1"],
            "same": family["A1"],
            "same too": family["A1"],
        }
        audit = audit_leakage(make_sides({"A1": family["A1"]}, train), SETTINGS)
        assert audit[["train_accession", "target_coverage"]].to_numpy().tolist() == [["same", 1]]

    def test_every_one_of_several_held_out_twins_counts(self, make_sides, family):
        held_out = {"V1": family["A1"], "V2": family["C1"], "V3": family["A1"]}
        audit = audit_leakage(make_sides(held_out, {"T": family["A1"]}), SETTINGS)
        assert audit["accession"].tolist() == ["V1", "V2", "V3"]
        assert audit["train_accession"].tolist() == ["T", "", "T"]


class TestJudged:
    def test_is_false_where_mmseqs_does_not_find_the_protein_itself(
        self, make_sides, family, poly_q
    ):
        held_out = {"A1": family["A1"], "Q": poly_q(0), "short": "MKT", "Q2": poly_q(0)}
        audit = audit_leakage(make_sides(held_out, {"T": family["C1"]}), SETTINGS)
        assert audit.set_index("accession")["judged"].to_dict() == {
            "A1": True,
            "Q": False,
            "short": False,
            "Q2": False,
        }


def test_the_audit_does_not_depend_on_how_many_are_looked_up_at_once(
    make_sides, family, poly_q, monkeypatch
):
    held_out = {"Q": poly_q(0), "A1": family["A1"], "EI": "EI", "B1": family["B1"]}
    train = {"A2": family["A2"], "B2": family["B2"], "P": poly_q(0)[3:50], "A3": family["A3"]}
    sides = make_sides(held_out, train)
    at_once = audit_leakage(sides, SETTINGS)
    monkeypatch.setattr(leakage, "_LOOKED_UP_AT_ONCE", 3)
    monkeypatch.setattr(leakage, "_JUDGED_AT_ONCE", 3)
    pd.testing.assert_frame_equal(audit_leakage(sides, SETTINGS), at_once)
    assert at_once["train_accession"].str[:1].tolist() == ["P", "A", "", "B"]
