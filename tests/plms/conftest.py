from pathlib import Path

import numpy as np
import pytest

from plmscope.plms import ProteinLanguageModel, load_plm

AMINO_ACIDS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


@pytest.fixture(scope="session")
def tiny_folder(project: Path) -> Path:
    return project / "tests/data/tiny_plm"


@pytest.fixture(scope="session")
def tiny(tiny_folder: Path) -> ProteinLanguageModel:
    return load_plm(str(tiny_folder))


@pytest.fixture(scope="session")
def sequences() -> list[str]:
    rng = np.random.default_rng(0)
    return ["".join(rng.choice(AMINO_ACIDS, size=n)) for n in (30, 4, 57, 1, 30, 12)]
