import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import pairwise_distances
from umap.umap_ import UMAP

from plmscope.features import FamilySettings, group_features
from plmscope.features.families.agreement import measure_agreement
from plmscope.features.families.coactivation import (
    CoactivationCounts,
    coactivation_neighbours,
    strongest,
)
from plmscope.features.families.decoder_map import (
    by_size,
    decoder_directions,
    draw_map,
    find_families,
    nearest_directions,
)
from plmscope.features.families.families import name_family
from plmscope.features.families.modules import find_modules
from plmscope.features.families.settings import NO_FAMILY
from plmscope.features.hits import BlockHits
from plmscope.saes import SAE, make_sae

N_GROUPS, N_OF_EACH, D_MODEL = 4, 12, 16


def drawn(directions: np.ndarray, settings: FamilySettings) -> np.ndarray:
    return draw_map(directions, *nearest_directions(directions, settings.n_neighbours), settings)


@pytest.fixture(scope="module")
def grouped_sae() -> SAE:
    """Four bundles of twelve decoder directions."""
    rng = np.random.default_rng(0)
    centres = np.linalg.qr(rng.normal(size=(D_MODEL, N_GROUPS)))[0].T.repeat(N_OF_EACH, 0)
    sae = make_sae({"architecture": "topk", "d_model": D_MODEL, "d_sae": len(centres), "k": 4})
    with torch.no_grad():
        noise = rng.normal(size=centres.shape, scale=0.05)
        sae.W_dec.copy_(torch.from_numpy(centres + noise))
    return sae


@pytest.fixture(scope="module")
def hits() -> BlockHits:
    """Three features that fire together, another three that do, and one alone."""
    rng = np.random.default_rng(1)
    rows = []
    for residue in range(200):
        group = int(rng.integers(0, 2))
        rows += [(residue, 3 * group + number) for number in range(3) if rng.random() < 0.9]
    rows.append((0, 6))
    residue, feature = (torch.tensor(column) for column in zip(*rows, strict=True))
    return BlockHits(
        lengths=torch.tensor([120, 80]),
        protein=(residue >= 120).long(),
        position=torch.where(residue >= 120, residue - 120, residue) + 1,
        feature=feature,
        value=torch.full((len(rows),), 0.5),
    )


class TestCoactivation:
    def test_equals_the_slow_way(self, hits: BlockHits):
        counts = CoactivationCounts(7, on=0.15)
        counts.add(hits)
        dense = np.zeros((200, 7), dtype=int)
        row = hits.position.numpy() - 1 + 120 * hits.protein.numpy()
        dense[row, hits.feature.numpy()] = 1
        np.testing.assert_array_equal(counts.counts().toarray(), dense.T @ dense)

    def test_does_not_depend_on_the_blocks(self, hits: BlockHits, monkeypatch: pytest.MonkeyPatch):
        whole = CoactivationCounts(7, on=0.15)
        for _ in range(3):
            whole.add(hits)
        monkeypatch.setattr("plmscope.features.families.coactivation._AT_ONCE", 100)
        parts = CoactivationCounts(7, on=0.15)
        for _ in range(3):
            parts.add(hits)
        np.testing.assert_array_equal(parts.counts().toarray(), whole.counts().toarray())

    def test_neighbours_are_the_most_similar(self, hits: BlockHits):
        counts = CoactivationCounts(7, on=0.15)
        counts.add(hits)
        both = counts.counts().toarray()
        found = coactivation_neighbours(counts.counts(), 2)
        assert set(found.loc[0, "co_active"]) == {1, 2}
        other = found.loc[0, "co_active"][0]
        expected = both[0, other] / np.sqrt(both[0, 0] * both[other, other])
        assert found.loc[0, "co_activation"][0] == pytest.approx(expected)

    def test_counts_the_strongest_of_a_residue(self):
        rng = np.random.default_rng(0)
        row = np.sort(rng.integers(0, 20, 100))
        value = rng.random(100)
        kept = strongest(row, value, 3)
        for number in range(20):
            here = np.flatnonzero(row == number)
            best = here[np.argsort(-value[here])][:3]
            assert set(kept[np.isin(kept, here)]) == set(best)
        assert strongest(row, value, 99).tolist() == list(range(100))

    def test_neighbours_do_not_depend_on_the_rows_taken_at_once(
        self, hits: BlockHits, monkeypatch: pytest.MonkeyPatch
    ):
        counts = CoactivationCounts(7, on=0.15)
        counts.add(hits)
        whole = coactivation_neighbours(counts.counts(), 3)
        monkeypatch.setattr("plmscope.features.families.coactivation._ROWS_AT_ONCE", 2)
        parts = coactivation_neighbours(counts.counts(), 3)
        for name in ("co_active", "co_activation"):
            for one, other in zip(whole[name], parts[name], strict=True):
                np.testing.assert_array_equal(one, other)

    def test_of_nothing_is_nothing(self):
        found = coactivation_neighbours(CoactivationCounts(3, on=0.15).counts())
        assert [len(near) for near in found["co_active"]] == [0, 0, 0]

    def test_modules_are_what_fires_together(self, hits: BlockHits):
        counts = CoactivationCounts(7, on=0.15)
        counts.add(hits)
        near = coactivation_neighbours(counts.counts())
        settings = FamilySettings(min_size=3, min_coactivation=0.4)
        modules = find_modules(near["co_active"], near["co_activation"], settings)
        assert len(set(modules[:3])) == len(set(modules[3:6])) == 1
        assert modules[0] != modules[3]
        assert modules[6] == NO_FAMILY


class TestMap:
    def test_families_are_the_bundles(self, grouped_sae: SAE):
        settings = FamilySettings(n_neighbours=8)
        places = drawn(decoder_directions(grouped_sae), settings)
        families = find_families(places, settings).reshape(N_GROUPS, N_OF_EACH)
        assert all(len(set(bundle[bundle != NO_FAMILY])) == 1 for bundle in families)
        assert len({bundle.max() for bundle in families}) == N_GROUPS

    def test_is_the_same_each_time(self, grouped_sae: SAE):
        directions = decoder_directions(grouped_sae)
        first, second = (drawn(directions, FamilySettings()) for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_is_drawn_of_the_exact_neighbours(
        self, grouped_sae: SAE, monkeypatch: pytest.MonkeyPatch
    ):
        """As the map is when UMAP finds them itself, by comparing all pairs of so few."""
        given = {}
        fit = UMAP.fit_transform

        def note(self: UMAP, directions: np.ndarray) -> np.ndarray:
            given["indices"], given["distances"] = self.precomputed_knn
            return fit(self, directions)

        monkeypatch.setattr(UMAP, "fit_transform", note)
        directions = decoder_directions(grouped_sae)
        drawn(directions, FamilySettings(n_neighbours=8))
        distance = pairwise_distances(directions, metric="cosine")
        nearest = np.sort(distance, axis=1)[:, :8]
        np.testing.assert_allclose(given["distances"], nearest, atol=1e-6)
        np.testing.assert_allclose(
            np.take_along_axis(distance, given["indices"], axis=1), nearest, atol=1e-6
        )

    @pytest.mark.parametrize("n", [0, 1, 4, 6, 15, 16])
    def test_of_few_features_is_drawn_too(self, n: int):
        directions = np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32)
        places = drawn(directions, FamilySettings())
        assert places.shape == (n, 2)
        assert np.isfinite(places).all()
        assert len(find_families(places, FamilySettings())) == n
        assert nearest_directions(directions, 3)[0].shape[0] == n

    def test_nearest_are_those_with_the_highest_cosine(self, grouped_sae: SAE):
        directions = decoder_directions(grouped_sae)
        near, cosine = nearest_directions(directions, 5)
        similarity = directions @ directions.T - 2 * np.eye(len(directions))
        np.testing.assert_allclose(cosine, -np.sort(-similarity, axis=1)[:, :5], rtol=1e-5)
        assert (near[0] < N_OF_EACH).all()

    def test_numbers_families_by_size(self):
        assert by_size(np.array([5, 2, 2, -1, 5, 5])).tolist() == [0, 1, 1, -1, 0, 0]


class TestAgreement:
    def test_is_the_share_of_named_neighbours_with_the_same_name(self):
        names = pd.Series(["A", "A", "B", ""])
        near = [np.array([1, 2, 3]), np.array([0]), np.array([3]), np.array([0, 1])]
        found = measure_agreement({"map": near}, names, seed=0).set_index("names")
        assert found.loc["as found", "n_features"] == 2  # the neighbour of B has no name
        assert found.loc["as found", "share"] == pytest.approx((0.5 + 1) / 2)
        assert (found["low"] <= found["share"]).all()
        assert (found["share"] <= found["high"]).all()

    def test_without_a_name_is_zero(self):
        found = measure_agreement({"map": [np.array([1]), np.array([0])]}, pd.Series(["", ""]), 0)
        assert found["share"].tolist() == [0, 0]
        assert found["n_features"].tolist() == [0, 0]


class TestNames:
    def name(self, names: list[str], pattern: str = "short motif", letters: str = "") -> str:
        return name_family(
            pd.DataFrame({"name": names, "pattern": pattern, "amino_acids": letters})
        )

    def test_are_the_concept_of_a_third(self):
        assert self.name(["Helix", "Helix", "", "", "", "Turn"]) == "Helix"

    def test_are_how_they_fire_where_few_have_a_name(self):
        assert self.name(["Helix"] + [""] * 9) == "short motif"
        assert self.name(["Helix"] * 2 + [""] * 9) == "short motif, some Helix"
        assert self.name([""] * 9, letters="CG") == "short motif on C"


def test_features_that_never_fire_are_on_no_map(grouped_sae: SAE):
    d_sae = grouped_sae.d_sae
    patterns = pd.DataFrame(
        {
            "feature": range(d_sae),
            "n_proteins_on": [0, *[9] * (d_sae - 1)],
            "pattern": "short motif",
            "amino_acids": "",
        }
    )
    coactivation = coactivation_neighbours(CoactivationCounts(d_sae, on=0.15).counts())
    names = pd.Series({1: "Helix", 2: "Helix"}, name="concept")
    found = group_features(grouped_sae, patterns, coactivation, names, FamilySettings())
    assert found.members.loc[0, ["x", "y"]].isna().all()
    assert found.members.loc[0, "family"] == NO_FAMILY
    assert len(found.members.loc[0, "near"]) == 0
    assert not any(0 in near for near in found.members["near"])
    assert found.members["x"].notna().sum() == d_sae - 1
    assert set(found.agreement["space"]) == {
        "decoder map", "decoder directions", "co-activation",
    }  # fmt: skip
