import numpy as np
import pytest


@pytest.fixture(scope="module")
def world(tables, given_features):
    """Forty proteins, half of them test, with a motif at residues 5 to 9 where feature 1 fires."""
    proteins, annotations, concepts = tables
    names = [f"P{number:02d}" for number in range(40)]
    table = annotations(
        [(name, "Motif: X", "span", 5, 9, number) for number, name in enumerate(names)]
    )
    values = {name: np.zeros((20, 3)) for name in names}
    for array in values.values():
        array[4:9, 1] = 0.9
    sequences = proteins(dict.fromkeys(names, "X" * 20))
    split = ["valid" if number % 2 else "test" for number in range(40)]
    return given_features(values), sequences.assign(split=split), table, concepts(table)
