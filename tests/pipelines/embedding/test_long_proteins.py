"""A protein longer than the PLM takes, from the table to the store."""

import pandas as pd
import pytest
import torch

from plmscope.activations import ActivationStore
from plmscope.plms import load_plm

STAGES = ["ingestion", "embedding"]


@pytest.fixture(scope="module")
def table(project, tmp_path_factory):
    """The tiny table and one protein of 1,100 residues."""
    cells = pd.read_csv(
        project / "tests/data/human_swissprot_tiny.tsv", sep="\t", dtype=str, keep_default_na=False
    )
    long = "".join(cells["Sequence"])[:1100]
    row = dict.fromkeys(cells, "") | {"Entry": "Q8WZ42", "Length": "1100", "Sequence": long}
    path = tmp_path_factory.mktemp("long") / "table.tsv"
    pd.concat([cells, pd.DataFrame([row])]).to_csv(path, sep="\t", index=False)
    return str(path)


@pytest.fixture(scope="module")
def stored(kedro_run, table, tmp_path_factory):
    def run(**embedding):
        root = tmp_path_factory.mktemp("store")
        kedro_run(root, STAGES, uniprot_table=table, embedding=embedding)
        return root, ActivationStore.open_current(root / "04_feature/tiny/activations", 2)

    return run


@pytest.fixture(scope="module")
def in_windows(stored):
    return stored(long_sequences="windows")


def test_is_embedded_in_windows(in_windows, project):
    root, store = in_windows
    proteins = pd.read_parquet(root / "03_primary/proteins.parquet").set_index("accession")
    sequence = proteins.loc["Q8WZ42", "sequence"]
    plm = load_plm(str(project / "tests/data/tiny_plm"))
    (found,) = plm.embed([sequence], [2], long_sequences="windows")
    assert len(sequence) == 1100 > plm.max_residues
    assert torch.allclose(store.protein("Q8WZ42"), found[2], atol=1e-5)
    assert store.manifest.long_sequences == "windows"


def test_others_are_untouched_and_the_store_is_another(in_windows, stored):
    root, store = stored()
    rejects = pd.read_parquet(root / "03_primary/rejected_proteins.parquet")
    reason = rejects.set_index("accession").loc["Q8WZ42", "reason"]
    assert reason == "longer than max_length (1022)"
    windowed = in_windows[1]
    assert store.manifest.content_hash != windowed.manifest.content_hash
    for accession in store.accessions:
        assert torch.allclose(store.protein(accession), windowed.protein(accession), atol=1e-6)
