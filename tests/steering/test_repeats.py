import pandas as pd

from plmscope.steering import RepeatSettings, steer_repeats
from plmscope.steering.repeats import choose_glycine_features, make_repeats

PATTERNS = pd.DataFrame(
    {
        "feature": [0, 1, 2, 3],
        "pattern": ["periodic", "single residue", "periodic", "periodic"],
        "period": [3, 0, 7, 3],
        "periodicity": [0.5, 0.0, 0.9, 0.8],
        "amino_acids": ["G", "GA", "G", "L"],
        "top_amino_acid_share": [0.5, 0.9, 0.4, 0.9],
    }
)


def test_glycine_features_of_period_three_are_steered_with():
    assert choose_glycine_features(PATTERNS, 3) == {"periodic glycine": [0], "glycine": [1]}


def test_repeats_have_glycine_every_third_residue_alone():
    settings = RepeatSettings(n_sequences=2, n_repeats=3, flank=4)
    for sequence in make_repeats(settings):
        assert [i for i, letter in enumerate(sequence) if letter == "G"] == [4, 7, 10]


def test_the_change_is_where_the_edit_is(made_plm):
    settings = RepeatSettings(n_sequences=3, n_repeats=2, flank=2, doses=(2.0,), n_controls=1)
    table = steer_repeats(made_plm.ToyPLM(), made_plm.toy_sae(), PATTERNS, settings)
    of_used = table[(table["kind"] == "periodic glycine")].set_index("offset")
    assert of_used.loc[0, "change"] < 0  # cysteine takes from glycine
    assert abs(of_used.loc[3, "change"]) < 1e-6
    assert (table["change_low"] <= table["change_high"]).all()


def test_nothing_is_steered_without_glycine_features(made_plm):
    none = PATTERNS[PATTERNS["amino_acids"] == "L"]
    table = steer_repeats(made_plm.ToyPLM(), made_plm.toy_sae(), none, RepeatSettings())
    assert table.empty
