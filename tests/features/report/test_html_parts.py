import pandas as pd
import pytest

from plmscope.features import proteins_html


@pytest.mark.parametrize(
    ("accession", "linked"),
    [
        ("P01308", True),
        ("A0A023GPI8", True),
        ("P01308-2", True),
        ("pdb|1ABC|A", False),
        ("a/b?c", False),
        ("seq_1", False),
    ],
)
def test_only_accessions_of_uniprot_are_links_there(accession, linked):
    """Regression: names of a corpus led to pages that there are not."""
    example = {
        "accession": accession,
        "peak": 0.5,
        "peak_position": 2,
        "positions": [2],
        "values": [0.5],
    }
    protein = {
        "entry_name": "", "protein_name": "", "gene_names": "", "organism": "", "length": 4,
        "sequence": "MKTA", "origin": "corpus", "split": "train",
    }  # fmt: skip
    html = proteins_html(
        pd.DataFrame([example]),
        pd.DataFrame([protein], index=[accession]),
        pd.DataFrame(columns=["accession", "concept", "start", "end"]),
        [],
    )
    assert accession in html
    assert ("www.uniprot.org" in html) is linked
