"""Scores around peaks against a slow reference, and planted features."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from plmscope.structures import StructureSettings
from plmscope.structures.neighbourhoods import (
    CONTACTS,
    CONTACTS_BEYOND_CHAIN,
    SEQUENCE,
    SEQUENCE_WITHOUT_PEAK,
    SPACE,
    SPACE_BEYOND_CHAIN,
    find_neighbours,
    measure_features,
)

SETTINGS = StructureSettings()
ON_ABOVE = 0.15


@pytest.fixture(scope="module")
def helix(made_structures):
    return made_structures.helix


def _made(seed, n=60, n_features=7):
    """A protein with a gap in it, folded at random, and sparse features."""
    rng = np.random.default_rng(seed)
    position = np.sort(rng.choice(np.arange(1, n + 20), n, replace=False))
    ca = rng.normal(size=(n, 3)) * 6
    values = rng.random((n_features, n)) * (rng.random((n_features, n)) < 0.3)
    values[:, 0] = np.maximum(values[:, 0], 0.01)  # none is empty
    return position, ca, values


def _measure(position, ca, values, n_permutations=5, seed=0):
    near = find_neighbours(position, ca, SETTINGS)
    return measure_features(
        csr_array(values),
        values.argmax(axis=1),
        near,
        ON_ABOVE,
        n_permutations,
        np.random.default_rng(seed),
    )


def _around(position, ca, a, kind):
    """Slow and obvious: the neighbours of one peak."""
    p = int(a.argmax())
    near = []
    for j in range(len(a)):
        apart_in_chain = abs(position[j] - position[p])
        apart_in_space = np.linalg.norm(ca[j] - ca[p])
        if (
            (kind == SEQUENCE and apart_in_chain <= 2)
            or (kind == SEQUENCE_WITHOUT_PEAK and 0 < apart_in_chain <= 2)
            or (kind == SPACE and apart_in_space <= 6)
            or (kind == SPACE_BEYOND_CHAIN and apart_in_space <= 6 and apart_in_chain > 4)
        ):
            near.append(j)
    return near


def _contact_share(position, ca, a, beyond_chain):
    on = [j for j in range(len(a)) if a[j] > ON_ABOVE]
    pairs = [(i, j) for i in on for j in on if i < j]
    if beyond_chain:
        pairs = [(i, j) for i, j in pairs if position[j] - position[i] > 4]
    touching = [(i, j) for i, j in pairs if np.linalg.norm(ca[i] - ca[j]) <= 6]
    return len(touching) / len(pairs) if pairs else np.nan


class TestScores:
    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("kind", [SEQUENCE, SPACE, SEQUENCE_WITHOUT_PEAK, SPACE_BEYOND_CHAIN])
    def test_around_the_peak_equal_the_reference(self, kind, seed):
        position, ca, values = _made(seed)
        score, _ = _measure(position, ca, values)[kind]
        near = [_around(position, ca, a, kind) for a in values]
        expected = [a[js].mean() if js else np.nan for a, js in zip(values, near, strict=True)]
        np.testing.assert_allclose(score, expected)

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("beyond_chain", [False, True])
    def test_contacts_equal_the_reference(self, beyond_chain, seed):
        position, ca, values = _made(seed)
        score, _ = _measure(position, ca, values)[
            CONTACTS_BEYOND_CHAIN if beyond_chain else CONTACTS
        ]
        np.testing.assert_allclose(
            score, [_contact_share(position, ca, a, beyond_chain) for a in values]
        )


class TestPermutations:
    @pytest.fixture(scope="class")
    def many(self):
        return _measure(*_made(0), n_permutations=1500)

    @pytest.mark.parametrize("kind", [SEQUENCE, SPACE])
    def test_with_the_peak_the_mean_is_that_of_all_residues(self, many, kind):
        _, _, values = _made(0)
        np.testing.assert_allclose(many[kind][1], values.mean(axis=1), rtol=0.15)

    @pytest.mark.parametrize("kind", [SEQUENCE_WITHOUT_PEAK, SPACE_BEYOND_CHAIN])
    def test_without_it_the_mean_is_that_of_all_others(self, many, kind):
        _, _, values = _made(0)
        score, null = many[kind]
        others = (values.sum(axis=1) - values.max(axis=1)) / (values.shape[1] - 1)
        known = ~np.isnan(score)
        np.testing.assert_allclose(null[known], others[known], rtol=0.15)

    def test_the_same_seed_gives_the_same(self):
        position, ca, values = _made(1)
        first, second = (_measure(position, ca, values, seed=3) for _ in range(2))
        for kind, (score, null) in first.items():
            np.testing.assert_array_equal(score, second[kind][0])
            np.testing.assert_array_equal(null, second[kind][1])


class TestPlanted:
    def _hairpin(self, n=40):
        """Two strands side by side, 5 Å apart: residue i touches residue n-1-i."""
        half = np.arange(n // 2) * 3.5
        strand = np.stack([half, 0 * half, 0 * half], axis=1)
        return np.concatenate([strand, strand[::-1] + np.array([0, 5.0, 0])])

    def test_a_pair_across_a_hairpin_is_in_space_and_not_in_sequence(self):
        a = np.zeros((1, 40))
        a[0, 5], a[0, 34] = 1.0, 0.9
        measured = _measure(np.arange(1, 41), self._hairpin(), a, n_permutations=200)
        score, null = measured[SPACE_BEYOND_CHAIN]
        assert score[0] > 5 * null[0]
        assert measured[CONTACTS_BEYOND_CHAIN][0][0] == 1.0
        assert measured[SEQUENCE_WITHOUT_PEAK][0][0] == 0.0

    def test_a_stretch_of_a_helix_is_in_space_by_the_chain_alone(self, helix):
        """What the paper's test calls structural: neighbours in the chain are near in space."""
        a = np.zeros((1, 60))
        a[0, 20:26] = [0.8, 0.9, 1.0, 0.9, 0.8, 0.7]
        measured = _measure(np.arange(1, 61), helix(60), a, n_permutations=200)
        assert measured[SPACE][0][0] > 3 * measured[SPACE][1][0]
        assert measured[CONTACTS][0][0] > 0.4
        assert np.isnan(measured[SPACE_BEYOND_CHAIN][0][0])

    def test_rotations_keep_a_stretch_together(self, helix):
        """So that a stretch in a straight chain is not in contact beyond chance."""
        a = np.zeros((1, 60))
        a[0, 20:26] = 1.0
        score, null = _measure(np.arange(1, 61), helix(60), a, n_permutations=50)[CONTACTS]
        assert null[0] == pytest.approx(score[0], rel=0.2)
