import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import fisher_exact

import plmscope
from plmscope.atlas import Atlas, AtlasError
from plmscope.concepts.suggestions.precision import HeldOutPrecision
from plmscope.errors import PlmscopeError
from plmscope.executors import ExecutorSettings
from plmscope.explanation import ExplainSettings
from plmscope.explanation.families import enrichment
from plmscope.explanation.finding import embedded, standing_out

SPECIAL, GENERAL = "Domain: SH3", "Domain: any"


@pytest.fixture(scope="module")
def found(small_atlas, tiny_plm, strangers):
    return plmscope.explain(strangers, small_atlas, tiny_plm)


@pytest.fixture(scope="module")
def features_of(small_atlas, tiny_plm):
    """The dense features of a sequence, [n_residues, d_sae]."""

    def features(sequence):
        (x,) = tiny_plm.embed([sequence], [small_atlas.identity.layer])
        with torch.no_grad():
            return small_atlas.sae.encode(x[small_atlas.identity.layer]).numpy()

    return features


def obvious_calls(values, threshold, longest):
    """Stretches above a threshold, residue by residue, fragments joined; 1-based."""
    stretches = []
    for i, value in enumerate(values, start=1):
        if value <= threshold:
            continue
        if stretches and stretches[-1][1] == i - 1:
            stretches[-1][1] = i
        else:
            stretches.append([i, i])
    calls = []
    for start, end in stretches:
        if calls and end - calls[-1][0] + 1 <= longest:
            calls[-1][1] = end
        else:
            calls.append([start, end])
    return [(start, end, max(values[start - 1 : end])) for start, end in calls]


class TestCalls:
    def test_are_the_obvious_ones_with_their_precision(
        self, found, small_atlas, strangers, features_of
    ):
        expected = []
        for name, sequence in strangers.items():
            values = features_of(sequence)
            calls = {
                pair["concept"]: obvious_calls(
                    values[:, pair["feature"]], pair["threshold"], pair["longest"]
                )
                for pair in small_atlas.pairs.to_dict("records")
            }
            calls[GENERAL] = [
                (start, end, peak)
                for start, end, peak in calls[GENERAL]
                if not any(s <= end and start <= e for s, e, _ in calls[SPECIAL])
            ]
            expected += [(name, concept, *call) for concept in calls for call in calls[concept]]
        columns = ["protein", "concept", "start", "end", "peak"]
        ours = found.calls[columns].sort_values(columns, ignore_index=True)
        theirs = pd.DataFrame(expected, columns=columns).sort_values(columns, ignore_index=True)
        assert len(ours) > 20
        pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, atol=1e-5)
        for call in found.calls.head(30).to_dict("records"):
            steps = small_atlas.precision.query("concept == @call['concept'] and fold == -1")
            held_out = HeldOutPrecision(steps[["lowest_peak", "n_calls", "n_true"]])
            n, precision, low = held_out.at(np.array([call["peak"]]))
            assert (call["n_held_out_calls"], call["precision"]) == (n[0], precision[0])
            assert call["precision_low"] == low[0]

    def test_that_may_be_false_are_told(self, found):
        by_protein = (1 - found.calls["precision"]).groupby(found.calls["protein"]).sum()
        proteins = found.proteins.set_index("protein")
        assert proteins.loc[by_protein.index, "n_false"].tolist() == pytest.approx(
            by_protein.tolist()
        )

    def test_of_the_runs_own_proteins_are_stated_without_them(self, small_atlas, tiny_plm):
        own = small_atlas.proteins[small_atlas.proteins["split"] == "test"].iloc[0]
        found = plmscope.explain({"mine": own["sequence"]}, small_atlas, tiny_plm)
        about = found.proteins.iloc[0]
        assert (about["accession"], about["split"]) == (own["accession"], "test")
        assert about["precision_from"] == "test without its own part"
        for call in found.calls.to_dict("records"):
            held_out = small_atlas.precision_of(call["concept"], own["fold"])
            assert call["precision"] == held_out.at(np.array([call["peak"]]))[1][0]
        assert f"own protein {own['accession']}, of split test" in found.to_html()


class TestFeatures:
    def test_stand_out_by_surprise(self, found, small_atlas, strangers, features_of):
        for name, sequence in strangers.items():
            values = features_of(sequence)
            active = np.flatnonzero(values.max(0) > 0)
            surprise = small_atlas.background.surprise(
                active, values.max(0)[active], np.full(len(active), len(sequence))
            )
            listed = found.features[found.features["protein"] == name]
            assert listed["rank"].tolist() == list(range(1, len(listed) + 1))
            best = sorted(surprise, reverse=True)[: len(listed)]
            assert listed["surprise"].tolist() == pytest.approx(best, rel=1e-4)
            for row in listed.to_dict("records"):
                of_feature = values[:, row["feature"]]
                assert row["peak"] == pytest.approx(of_feature.max(), rel=1e-5)
                assert of_feature[row["position"] - 1] == pytest.approx(row["peak"], rel=1e-5)
                high = set(np.flatnonzero(of_feature > of_feature.max() / 2) + 1)
                assert high == _positions(row["where"])

    def test_of_each_residue_are_its_strongest(self, found, strangers, features_of):
        name, sequence = next(iter(strangers.items()))
        values = features_of(sequence)
        positions = found.positions[found.positions["protein"] == name]
        for position, rows in positions.groupby("position"):
            of_residue = np.sort(values[position - 1])[::-1][: len(rows)]
            assert rows["activation"].tolist() == pytest.approx(of_residue.tolist(), rel=1e-4)
            assert set(rows["residue"]) == {sequence[position - 1]}

    def test_nearest_proteins_are_by_cosine_and_never_itself(self, small_atlas, tiny_plm):
        own = small_atlas.proteins.iloc[3]
        found = plmscope.explain({"mine": own["sequence"]}, small_atlas, tiny_plm)
        assert own["accession"] not in set(found.nearest["accession"])
        profiles = small_atlas.profiles.pivot_table(
            index="accession", columns="feature", values="surprise", fill_value=0.0
        )
        unit = profiles.div(np.sqrt((profiles**2).sum(axis=1)), axis=0)
        cosine = (unit @ unit.loc[own["accession"]]).drop(own["accession"]).sort_values()
        assert found.nearest["similarity"].tolist() == pytest.approx(
            cosine[::-1].head(5).tolist(), rel=1e-3
        )


class TestFamilies:
    def test_shares_are_counted_over_clusters(self, found, strangers):
        shares = found.concept_shares.set_index("concept")
        n = len(strangers)
        called = found.calls[found.calls["concept"] == SPECIAL]["protein"].nunique()
        assert shares.loc[SPECIAL, "fraction_of_sequences"] == called / n
        row = shares.loc[SPECIAL]
        background = [row["n_background_clusters_with"], row["n_background_clusters"]]
        table = [
            [row["n_clusters_with"], row["n_clusters"] - row["n_clusters_with"]],
            [background[0], background[1] - background[0]],
        ]
        assert row["p_value"] == pytest.approx(fisher_exact(table, alternative="greater").pvalue)

    def test_copies_are_one_witness(self, small_atlas, tiny_plm, strangers):
        sequence = next(iter(strangers.values()))
        found = plmscope.explain([sequence] * 5, small_atlas, tiny_plm)
        assert set(found.concept_shares["n_clusters"]) == {1}
        assert found.concept_shares["n_clusters_with"].max() == 1

    def test_enrichment_is_fishers_test(self):
        ours = enrichment(np.array([3, 0]), 8, np.array([5, 5]), np.array([100, 100]))
        theirs = [fisher_exact([[k, 8 - k], [5, 95]], alternative="greater").pvalue for k in (3, 0)]
        assert ours.tolist() == pytest.approx(theirs)

    def test_of_one_sequence_there_are_none(self, small_atlas, tiny_plm, strangers):
        found = plmscope.explain(next(iter(strangers.values())), small_atlas, tiny_plm)
        assert found.concept_shares.empty
        assert found.feature_shares.empty


class TestStreaming:
    def test_blocks_change_nothing(self, found, small_atlas, tiny_plm, strangers, monkeypatch):
        monkeypatch.setattr(embedded, "RESIDUES_AT_ONCE", 70)
        monkeypatch.setattr(ExplainSettings, "max_residues", 40)
        again = plmscope.explain(strangers, small_atlas, tiny_plm)
        for name, table in found.tables.items():
            pd.testing.assert_frame_equal(table, again.tables[name], atol=1e-5)

    def test_on_dask_the_same_is_found(
        self, found, small_atlas, tiny_plm, strangers, monkeypatch, dask_cluster
    ):
        monkeypatch.setattr("plmscope.saes.passes.PART_RESIDUES", 100)
        here = plmscope.explain(strangers, small_atlas, tiny_plm)
        remote = ExecutorSettings(kind="dask", scheduler=dask_cluster.scheduler_address)
        settings = ExplainSettings(executor=remote)
        there = plmscope.explain(strangers, small_atlas, tiny_plm, settings)
        for name, table in here.tables.items():
            pd.testing.assert_frame_equal(there.tables[name], table, check_exact=True)
            pd.testing.assert_frame_equal(found.tables[name], table, atol=1e-5)

    def test_only_the_first_are_in_detail(self, small_atlas, tiny_plm, strangers, monkeypatch):
        monkeypatch.setattr(standing_out, "N_IN_DETAIL", 2)
        found = plmscope.explain(strangers, small_atlas, tiny_plm)
        assert set(found.positions["protein"]) == set(list(strangers)[:2])
        assert set(found.features["protein"]) == set(strangers)


class TestLongProteins:
    @pytest.fixture
    def long(self, tiny_plm):
        rng = np.random.default_rng(0)
        return "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), tiny_plm.max_residues + 50))

    def test_are_rejected_with_the_way_out(self, small_atlas, tiny_plm, strangers, long):
        found = plmscope.explain(strangers | {"titin": long}, small_atlas, tiny_plm)
        assert found.rejects["accession"].tolist() == ["titin"]
        assert "long_sequences: windows" in found.rejects["reason"][0]
        assert "Left out: 1 of 7 sequences" in found.to_html()
        with pytest.raises(PlmscopeError, match="long_sequences: windows"):
            plmscope.explain(long, small_atlas, tiny_plm)

    def test_are_explained_in_windows(self, small_atlas, tiny_plm, long):
        settings = ExplainSettings(long_sequences="windows")
        found = plmscope.explain(long, small_atlas, tiny_plm, settings)
        assert found.proteins["n_windows"].tolist() == [2]
        assert found.calls["end"].max() <= len(long)
        assert "overlapping" in found.to_html()


class TestMisfits:
    def test_an_atlas_of_another_plm_is_refused(self, small_atlas, tiny_plm, strangers):
        other = small_atlas.identity.model_copy(update={"plm_revision": "sha256:" + "0" * 64})
        atlas = Atlas(other, *(getattr(small_atlas, name) for name in (
            "sae", "features", "precision", "proteins", "profiles", "examples"
        )))  # fmt: skip
        with pytest.raises(AtlasError, match="The atlas is about tiny_plm, revision sha256:0000"):
            plmscope.explain(strangers, atlas, tiny_plm)


def _positions(text):
    """1-based positions of a text such as "3-9, 17"."""
    found = set()
    for part in text.split(", "):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
