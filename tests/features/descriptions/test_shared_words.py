import numpy as np
import pandas as pd
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

    def test_are_hardly_there_by_chance(self):
        """As counted by hand: 12 of 250 clusters of train have the word."""
        annotated = make_annotated()
        texts = annotated.proteins["protein_name"].str.lower().str.findall("[a-z]{3,}")
        n_words = len({word for words in texts for word in words} | {"zinc"})
        assert binom.sf(5, 10, 12 / 250) * n_words < 0.01
        assert binom.sf(1, 10, 12 / 250) * n_words > 0.01

    def test_are_gone_once_the_proteins_are_exchanged(self):
        many = pd.concat([PEAKS.assign(feature=PEAKS["feature"] + 10 * n) for n in range(5)])
        annotated = make_annotated()
        others = many.assign(accession=[f"P{200 + n % 50}" for n in range(len(many))])
        mixed = pd.concat([many[many["feature"] == 2], others], ignore_index=True)
        assert shared_words(shuffle_peaks(mixed), annotated).empty

    def test_of_nothing_are_none(self):
        assert shared_words(PEAKS.iloc[:0], make_annotated()).empty
        nameless = make_annotated()
        proteins = nameless.proteins.assign(protein_name="")
        without = AnnotatedProteins(proteins, nameless.annotations.iloc[:0], pd.DataFrame())
        assert shared_words(PEAKS, without).empty
