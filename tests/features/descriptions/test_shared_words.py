import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from plmscope.concepts import AnnotatedProteins
from plmscope.features.descriptions.shared_words import shared_words, shuffle_peaks

N = 300
KINASES, METAL = range(12), range(20, 32)


def make_annotated() -> AnnotatedProteins:
    """Twelve kinases; twelve proteins without names in common that bind zinc; all are "protein"."""
    rng = np.random.default_rng(0)
    letters = list("abcdefghij")
    names = [f"Protein {''.join(rng.choice(letters, 8))} (EC 1.2.3.4)" for _ in range(N)]
    for number in KINASES:
        names[number] += " Kinase-like"
    proteins = pd.DataFrame(
        {
            "accession": [f"P{number}" for number in range(N)],
            "protein_name": names,
            "cluster": [f"c{number}" for number in range(N)],
            "split": ["test" if number >= 250 else "train" for number in range(N)],
        }
    )
    rows = [(f"P{number}", "Binding site", "Binding site: Zinc", 5, 5) for number in METAL]
    rows += [(f"P{number}", "Helix", "Helix", 1, 9) for number in range(N)]
    columns = ["accession", "category", "concept", "start", "end"]
    return AnnotatedProteins(proteins, pd.DataFrame(rows, columns=columns), pd.DataFrame())


def peaks_of(feature: int, numbers: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"feature": feature, "accession": [f"P{number}" for number in numbers]})


PEAKS = pd.concat(
    [
        peaks_of(2, [*KINASES[:6], 100, 101, 102, 103]),
        peaks_of(5, [*METAL[:6], *range(110, 114)]),
        peaks_of(6, [*KINASES[:2], *range(120, 128)]),  # two are too few
        peaks_of(9, list(range(130, 140))),
    ],
    ignore_index=True,
)


class TestSharedWords:
    def test_are_those_of_names_and_annotations(self):
        told = shared_words(PEAKS, make_annotated())
        assert told.to_dict("index") == {
            2: {"shared_words": "kinase, like", "n_with_word": 6},
            5: {"shared_words": "zinc", "n_with_word": 6},
        }

    @pytest.mark.parametrize("n", [3, 4, 5, 6])
    def test_are_told_where_chance_hardly_gives_so_many(self, n: int):
        """12 of train's 250 clusters have the word; counted by hand."""
        annotated = make_annotated()
        texts = annotated.proteins["protein_name"].str.lower().str.findall("[a-z]{3,}")
        n_words = len({word for words in texts for word in words} | {"zinc"})
        chance = binom.sf(n - 1, 10, 12 / 250) * n_words
        told = shared_words(peaks_of(2, [*KINASES[:n], *range(100, 110 - n)]), annotated)
        assert len(told) == (chance < 0.01)

    def test_are_gone_once_the_proteins_are_exchanged(self):
        annotated = make_annotated()
        others = [peaks_of(10 + n, list(range(100 + 5 * n, 110 + 5 * n))) for n in range(20)]
        peaks = pd.concat([PEAKS, *others], ignore_index=True)
        assert len(shared_words(peaks, annotated)) == 2
        assert shared_words(shuffle_peaks(peaks), annotated).empty

    def test_are_not_those_of_pooled_concepts(self):
        annotated = make_annotated()
        pooled = annotated.annotations.replace("Binding site: Zinc", "Binding site: any")
        assert shared_words(PEAKS, annotated.with_annotations(pooled)).index.tolist() == [2]

    def test_of_nothing_are_none(self):
        assert shared_words(PEAKS.iloc[:0], make_annotated()).empty
        nameless = make_annotated()
        proteins = nameless.proteins.assign(protein_name="")
        without = AnnotatedProteins(proteins, nameless.annotations.iloc[:0], pd.DataFrame())
        assert shared_words(PEAKS, without).empty
