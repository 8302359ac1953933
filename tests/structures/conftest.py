"""Sequences for structures."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def letters():
    """Draws sequences without repeats."""
    rng = np.random.default_rng(0)
    return lambda n: "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), n))


@pytest.fixture(scope="session")
def sample_proteins():
    """The bundled sample: accession, sequence."""
    table = pd.read_csv("data/01_raw/human_swissprot_sample.tsv.gz", sep="\t")
    return table.rename(columns={"Entry": "accession", "Sequence": "sequence"})[
        ["accession", "sequence"]
    ]
