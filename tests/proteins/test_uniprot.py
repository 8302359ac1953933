import pytest

from plmscope.proteins.uniprot import entry_link


@pytest.mark.parametrize(
    ("accession", "link"),
    [
        ("P12345", "https://www.uniprot.org/uniprotkb/P12345/entry"),
        ("my protein <b>", ""),
        ("", ""),
    ],
)
def test_only_accessions_have_a_page(accession: str, link: str):
    assert entry_link(accession) == link
