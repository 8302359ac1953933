from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plmscope.proteins.homology import containment
from plmscope.proteins.homology.containment import find_contained

# Of one letter, of few (repeats and overlaps), and of all that a protein may hold.
ALPHABETS = ("Q", "MQ", "ABZ", "ACDEFGHIKLMNPQRSTVWYXBUZOJ")


def obvious_pairs(parts, wholes):
    return {
        (i, j)
        for i, part in enumerate(parts)
        for j, whole in enumerate(wholes)
        if part in whole
    }  # fmt: skip


@st.composite
def parts_and_wholes(draw):
    """Wholes, and parts of which some are cut from the wholes."""
    sequence = st.text(draw(st.sampled_from(ALPHABETS)), min_size=1, max_size=40)
    wholes = draw(st.lists(sequence, max_size=8))
    parts = draw(st.lists(sequence, max_size=5))
    for whole in draw(st.lists(st.sampled_from(wholes), max_size=5)) if wholes else []:
        start = draw(st.integers(0, len(whole) - 1))
        parts.append(whole[start : draw(st.integers(start + 1, len(whole)))])
    return parts, wholes


class TestFindContained:
    @given(parts_and_wholes(), st.sampled_from((1, 50, 2_000_000)))
    def test_finds_what_the_obvious_way_finds(self, sequences, at_once):
        with patch.object(containment, "_RESIDUES_AT_ONCE", at_once):
            pairs = find_contained(*sequences)
        assert pairs.dtype == np.int64
        assert len(pairs) == len(set(map(tuple, pairs.tolist())))
        assert set(map(tuple, pairs.tolist())) == obvious_pairs(*sequences)

    @pytest.mark.parametrize(("parts", "wholes"), [([], []), (["MK"], []), ([], ["MK"])])
    def test_nothing_in_nothing(self, parts, wholes):
        assert find_contained(parts, wholes).shape == (0, 2)

    def test_a_part_is_not_found_across_two_wholes(self):
        assert find_contained(["MKTAYI", "AM"], ["MKTA", "MKTA", "YIAK"]).tolist() == []

    @pytest.mark.parametrize("length", [1, 11, 12, 13, 14, 400])
    def test_of_every_length_at_both_ends_and_within(self, random_sequence, length):
        part, other = random_sequence(0, length), random_sequence(1, 50)
        wholes = [part, part + other, other + part, other + part + other]
        found = find_contained([part], wholes).tolist()
        assert found == [[0, 0], [0, 1], [0, 2], [0, 3]]

    def test_the_seed_alone_is_no_match(self, random_sequence):
        seed = random_sequence(0, 12)
        assert find_contained([f"A{seed}A"], [f"A{seed}C", f"C{seed}A", seed]).tolist() == []

    def test_one_tag_on_all_or_low_complexity_costs_no_comparison_of_all_with_all(
        self, random_sequence, poly_q
    ):
        tagged = ["MGSSHHHHHHSSGLVPRGSH" + random_sequence(i, 60) for i in range(3000)]
        sequences = [*tagged, *(poly_q(i, 60) for i in range(300))]
        compared = [0]

        class Counted(str):
            def __contains__(self, part):
                compared[0] += 1
                return str.__contains__(self, part)

        pairs = find_contained(sequences, [Counted(sequence) for sequence in sequences])
        assert len(pairs) == 3300
        assert compared[0] < 100_000
