import pandas as pd

from plmscope.features.descriptions.at_peaks import annotated_at_peaks


def test_is_the_commonest_annotation_that_holds_the_peak():
    names = [f"P{number}" for number in range(12)]
    peaks = pd.DataFrame({"feature": 7, "accession": names, "position": 50, "rank": range(1, 13)})
    few = pd.DataFrame({"feature": 8, "accession": names[:2], "position": 50, "rank": [1, 2]})
    rows = [(name, "Domain", "Domain: SH3", 40, 60) for name in names[:4]]
    rows += [(name, "Domain", "Domain: PH", 51, 90) for name in names]  # beside the peak
    rows += [(name, "Domain", "Domain: any", 1, 99) for name in names]
    rows += [(name, "Helix", "Helix", 1, 99) for name in names]
    rows += [("P0", "Domain", "Domain: SH3", 45, 55)]  # twice there counts once
    annotations = pd.DataFrame(rows, columns=["accession", "category", "concept", "start", "end"])
    found = annotated_at_peaks(pd.concat([peaks, few]), annotations)
    assert found.to_dict("index") == {
        7: {"at_peaks": "Domain: SH3", "n_at_peaks": 4, "n_peaks": 10}
    }


def test_of_nothing_is_nothing():
    none = pd.DataFrame(columns=["feature", "accession", "position", "rank"])
    columns = ["accession", "category", "concept", "start", "end"]
    assert annotated_at_peaks(none, pd.DataFrame(columns=columns)).empty
