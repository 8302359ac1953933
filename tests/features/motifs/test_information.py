import numpy as np
import pytest

from plmscope.concepts.amino_acids import AMINO_ACIDS, amino_acid_numbers
from plmscope.features.motifs.information import (
    information,
    letter_heights,
    score_matrix,
    score_places,
)

EVEN = np.full(20, 0.05)


class TestInformation:
    def test_of_one_letter_is_that_of_the_background_less_the_correction(self):
        counts = np.zeros((1, 20), dtype=int)
        counts[0, 0] = 100
        expected = np.log2(20) - 19 / (2 * np.log(2) * 100)
        assert information(counts, EVEN, 100) == pytest.approx([expected])

    def test_of_random_letters_is_about_nothing(self):
        """Without the correction 20 letters in 30 windows look like half a bit."""
        rng = np.random.default_rng(0)
        counts = rng.multinomial(30, EVEN, 400)
        assert information(counts, EVEN, 30).mean() < 0.12

    def test_of_half_empty_columns_is_half(self):
        counts = np.zeros((2, 20), dtype=int)
        counts[:, 0] = 50
        whole, half = information(counts[:1], EVEN, 50), information(counts[:1], EVEN, 100)
        assert half == pytest.approx(whole / 2)

    def test_is_shared_by_the_letters(self):
        counts = np.zeros((1, 20), dtype=int)
        counts[0, :2] = 3, 1
        heights = letter_heights(counts, np.array([2.0]))
        assert heights[0, :3].tolist() == [1.5, 0.5, 0.0]


class TestScores:
    def test_equal_the_slow_way(self):
        rng = np.random.default_rng(0)
        matrix = score_matrix(rng.multinomial(20, EVEN, 5), EVEN)
        sequence = "MKTAYIXAKQR"
        numbers = amino_acid_numbers([sequence])
        found = score_places(matrix, numbers, anchor=2)
        for place in range(len(sequence)):
            expected = 0.0
            for column in range(5):
                at = place + column - 2
                if 0 <= at < len(sequence) and sequence[at] in AMINO_ACIDS:
                    expected += matrix[column, AMINO_ACIDS.index(sequence[at])]
            assert found[place] == pytest.approx(expected, abs=1e-5)

    def test_are_highest_at_the_motif(self):
        counts = np.zeros((3, 20), dtype=int)
        counts[np.arange(3), amino_acid_numbers(["GKT"])] = 30
        scores = score_places(score_matrix(counts, EVEN), amino_acid_numbers(["AAGKTAA"]), 1)
        assert scores.argmax() == 3

    def test_of_a_sequence_shorter_than_the_matrix(self):
        matrix = score_matrix(np.ones((9, 20), dtype=int), EVEN)
        assert score_places(matrix, amino_acid_numbers(["A"]), 4).shape == (1,)
