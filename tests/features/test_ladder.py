import pandas as pd

from plmscope.features import climb_ladder, count_rungs

NAMED = pd.DataFrame(
    {
        "feature": [0, 1, 2, 3, 4, 5],
        "concept": ["Helix", "Helix", "Helix", "Helix", "Helix", "Turn"],
        "test_f1": [0.9, 0.9, 0.9, 0.9, 0.6, 0.9],
        "test_f1_low": [0.8, 0.8, 0.8, 0.6, 0.4, 0.8],
        "test_n_clusters": [9, 9, 9, 9, 9, 2],
    }
)
CONTROLS = pd.DataFrame(
    {
        "control": ["sae", "pca", "raw_neurons", "pca"],
        "concept": ["Helix", "Helix", "Helix", "Turn"],
        "test_f1": [0.9, 0.7, 0.3, 0.1],
    }
)
MOTIFS = pd.DataFrame({"feature": [0, 1, 2], "motif_test_f1": [0.2, 0.2, 0.85]})
EFFECTS = pd.DataFrame(
    {
        "feature": [0, 1, 2],
        "effect": [0.5, 0.0, 0.5],
        "effect_low": [0.4, -0.1, 0.4],
        "effect_high": [0.6, 0.1, 0.6],
        "above_active_there_low": [0.3, -0.1, 0.3],
        "above_random_low": [0.2, -0.2, 0.2],
        "is_used": [True, False, True],
    }
)


def test_each_stands_on_the_last_rung_before_its_first_miss():
    ladder = climb_ladder(NAMED, CONTROLS, MOTIFS, EFFECTS).set_index("feature")
    assert ladder["rung"].to_dict() == {0: 5, 1: 4, 2: 3, 3: 2, 4: 1, 5: 1}
    assert ladder.loc[0, "best_control"] == "pca"
    assert ladder.loc[0, "above_controls_low"] == 0.2
    assert ladder.loc[2, "is_used"]  # though it stands on the third


def test_rungs_are_counted_from_below():
    rungs = count_rungs(climb_ladder(NAMED, CONTROLS, MOTIFS, EFFECTS))
    assert rungs["n_reached"].tolist() == [6, 4, 3, 2, 1]
    assert rungs["n_passed"].tolist() == [6, 4, 4, 2, 2]
    assert rungs["n_concepts"].tolist() == [2, 1, 1, 1, 1]


def test_what_was_not_measured_is_not_climbed():
    ladder = climb_ladder(NAMED, CONTROLS, MOTIFS.iloc[:0], EFFECTS.iloc[:0])
    assert ladder["rung"].max() == 3
    assert not ladder["is_used"].any()
