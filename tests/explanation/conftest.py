import pytest

from plmscope.plms import load_plm


@pytest.fixture(scope="session")
def tiny_plm(project):
    return load_plm(str(project / "tests/data/tiny_plm"))


@pytest.fixture(scope="session")
def strangers(made_atlas):
    """Proteins that the atlas does not know, by name."""
    proteins = made_atlas.make_proteins(n=6, seed=99)
    return {f"Q{n}": sequence for n, sequence in enumerate(proteins["sequence"])}
