import pandas as pd

from plmscope.concepts import AnnotatedProteins
from plmscope.features.descriptions.at_peaks import (
    annotated_at_peaks,
    describe_peaks,
    structure_at_peaks,
)


def test_is_the_commonest_annotation_that_holds_the_peak():
    names = [f"P{number}" for number in range(12)]
    peaks = pd.DataFrame({"feature": 7, "accession": names, "position": 50, "rank": range(1, 13)})
    peaks = peaks[peaks["rank"] <= 10]
    few = pd.DataFrame({"feature": 8, "accession": names[:2], "position": 50, "rank": [1, 2]})
    rows = [(name, "Domain", "Domain: SH3", 40, 60) for name in names[:4]]
    rows += [(name, "Domain", "Domain: PH", 51, 90) for name in names]  # beside the peak
    rows += [(name, "Domain", "Domain: any", 1, 99) for name in names]
    rows += [(name, "Helix", "Helix", 1, 99) for name in names]
    rows += [("P0", "Domain", "Domain: SH3", 45, 55)]  # twice there counts once
    annotations = pd.DataFrame(rows, columns=["accession", "category", "concept", "start", "end"])
    found = annotated_at_peaks(pd.concat([peaks, few]), annotations)
    assert found.to_dict("index") == {7: {"at_peaks": "Domain: SH3", "n_at_peaks": 4}}


def test_of_nothing_is_nothing():
    none = pd.DataFrame(columns=["feature", "accession", "position", "rank"])
    columns = ["accession", "category", "concept", "start", "end"]
    assert annotated_at_peaks(none, pd.DataFrame(columns=columns)).empty


COLUMNS = ["accession", "category", "concept", "start", "end"]


def peaks_of(feature: int, n: int) -> pd.DataFrame:
    """A peak at residue 50 of each of some proteins."""
    names = [f"P{number}" for number in range(n)]
    return pd.DataFrame(
        {"feature": feature, "accession": names, "position": 50, "rank": range(1, n + 1)}
    )


def in_helices(n: int) -> list[tuple[str, str, str, int, int]]:
    """A helix at the peak of the first proteins, and a strand elsewhere in each."""
    rows = [(f"P{number}", "Helix", "Helix", 40, 60) for number in range(n)]
    return rows + [(f"P{number}", "Beta strand", "Beta strand", 1, 9) for number in range(9)]


def test_tells_the_structure_of_peaks_in_known_ones():
    """Of twelve proteins nine have a known structure: the others count neither way."""
    told = structure_at_peaks(peaks_of(3, 12), pd.DataFrame(in_helices(8), columns=COLUMNS))
    assert told.to_dict("index") == {
        3: {"structure_at_peaks": "Helix", "n_in_structure": 8, "n_with_structure": 9}
    }


def test_tells_no_structure_of_mixed_or_few_peaks():
    mixed = pd.DataFrame(in_helices(7), columns=COLUMNS)
    assert structure_at_peaks(peaks_of(3, 12), mixed).empty
    assert structure_at_peaks(peaks_of(3, 4), pd.DataFrame(in_helices(4), columns=COLUMNS)).empty


def test_looks_at_the_highest_peaks_alone():
    proteins = pd.DataFrame(
        {
            "accession": [f"P{number}" for number in range(12)],
            "protein_name": "Protein",
            "cluster": [f"c{number}" for number in range(12)],
            "split": "train",
        }
    )
    annotations = pd.DataFrame(in_helices(9), columns=COLUMNS)
    annotated = AnnotatedProteins(proteins, annotations, pd.DataFrame())
    told = describe_peaks(pd.concat([peaks_of(3, 12), peaks_of(4, 2)]), annotated)
    assert told["n_peaks"].to_dict() == {3: 10, 4: 2}
    assert told.loc[3, "structure_at_peaks"] == "Helix"
    assert told.loc[4].to_dict() == {
        "n_peaks": 2, "at_peaks": "", "n_at_peaks": 0, "structure_at_peaks": "",
        "n_in_structure": 0, "n_with_structure": 0, "shared_words": "", "n_with_word": 0,
    }  # fmt: skip
