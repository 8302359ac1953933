"""The tables on the terminal."""

from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from plmscope.concepts import Headline
from plmscope.run.summary import print_controls, print_places, print_summary

HOSTILE = ["Domain: [/b] x", "Domain: [beta-lactamase]", "Domain: <img src=x onerror=1>"]
ZEROS = dict.fromkeys(Headline.model_fields, 0)
SAE = ZEROS | {
    "n_concepts": 37,
    "n_found": 15,
    "n_found_by_bound": 10,
    "mean_test_f1": 0.4431,
    "mean_test_f1_per_residue": 0.1862,
}
NEURONS = ZEROS | {
    "n_found": 12,
    "n_found_by_bound": 7,
    "mean_test_f1": 0.25,
    "mean_test_f1_per_residue": 0.125,
}


class Catalog(dict):
    """Datasets by name; the report knows where it is."""

    def load(self, name):
        return self[name]


class Written:
    """A dataset in a file."""

    def __init__(self, path: Path):
        self.path = path

    def _describe(self):
        return {"filepath": self.path}


def make_report(concepts: list[str], **columns) -> pd.DataFrame:
    usual = {
        "concept": concepts,
        "feature": range(len(concepts)),
        "threshold": 0.5,
        "valid_f1": 0.91,
        "valid_f1_per_residue": 0.32,
        "test_f1": 0.83,
        "test_f1_per_residue": 0.24,
        "test_f1_low": 0.75,
        "test_f1_high": 0.96,
        "counted": True,
    }
    return pd.DataFrame(usual | columns)


@pytest.fixture
def catalog() -> Catalog:
    evaluation = {"fvu": 0.3, "l0_mean": 32.0, "dead_fraction": 0.0, "fidelity_masked": None}
    planted = {
        "motif": [f"Planted {name}" for name in HOSTILE],
        "feature": 7,
        "valid_f1": 0.8,
        "valid_f1_per_residue": 0.75,
        "test_f1": 0.7,
        "test_f1_per_residue": 0.65,
        "recovered": True,
        "n_features": 2,
        "absorbed_fraction": 0.01,
    }
    ways = ("ceiling", "best_feature", "best_neuron")
    probed = {f"{way}_{score}": 0.5 for way in ways for score in ("f1", "f1_per_residue")}
    probed |= {"concept": [f"Planted {name}" for name in HOSTILE], "verdict": "not found"}
    return Catalog(
        proteins=pd.DataFrame({"split": ["train", "valid", "test"], "length": 10}),
        sae_config={
            "sae": {"architecture": "batch_topk", "d_model": None, "d_sae": 2560, "k": 32},
            "training": {"n_steps": 1200},
            "trial": 5,
            "reason": "Lowest fvu [of 6] trials: trial 5.",
        },
        sae_evaluation={"test": evaluation},
        concept_summary={"sae": SAE, "controls": {"raw_neurons": NEURONS}},
        concept_report=make_report(HOSTILE),
        full_control_headlines={"sae": SAE, "raw_neurons": NEURONS, "[/b]": ZEROS},
        planted_report=pd.DataFrame(planted),
        planted_probe_report=pd.DataFrame(probed),
    )


@pytest.fixture(params=[80, 100, 200])
def width(request, monkeypatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


@pytest.fixture
def wide(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def rows_of(printed: str) -> dict[str, str]:
    """The second cell of each two-column row by the first."""
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines()]
    return {row[0]: row[1] for row in cells if len(row) == 2}


@pytest.mark.usefixtures("wide")
class TestSummary:
    def test_says_which_sae_was_trained_and_why(self, catalog, capsys):
        print_summary(catalog)
        rows = rows_of(capsys.readouterr().out)
        assert rows["SAE trained"] == "batch_topk, d_sae 2560, k 32"
        assert rows["Why this one"] == "Lowest fvu [of 6] trials: trial 5."

    def test_sets_every_headline_beside_raw_neurons(self, catalog, capsys):
        print_summary(catalog)
        rows = rows_of(capsys.readouterr().out)
        assert rows["Concepts found (test F1 > 0.5)"] == "15, raw neurons 12"
        bound = "… by the bound (lower end > 0.5, 5 test clusters or more)"
        assert rows[bound] == "10, raw neurons 7"
        mean = "Mean test F1 of the best features, mixed / residue-wise"
        assert rows[mean] == "0.443 / 0.186, raw neurons 0.250 / 0.125"

    def test_shows_the_best_on_valid_with_both_f1(self, catalog, capsys):
        """Regression: the ten best were chosen by what they reached on test."""
        concepts = ["Domain: any", "Late", *(f"Early {number}" for number in range(10))]
        catalog["concept_report"] = make_report(
            concepts,
            valid_f1=[0.99, 0.2, *[0.9] * 10],
            test_f1=[0.99, 1.0, *[0.83] * 10],
            counted=[False, *[True] * 11],
        )
        print_summary(catalog)
        printed = capsys.readouterr().out
        assert printed.count("Early") == 10
        assert "Late" not in printed
        assert "Domain: any" not in printed
        assert printed.count("0.90 / 0.32") == printed.count("0.83 / 0.24") == 10

    @pytest.mark.parametrize(
        ("annotations", "kept", "why"),
        [
            ([], [], "no annotations: no concept was scored"),
            (["Helix"], [False], "none of 1 concepts is kept: no concept was scored"),
            (["Helix"], [True], "no feature overlaps with a kept concept on valid: no concept"),
        ],
    )
    def test_says_why_no_concept_was_scored(self, catalog, capsys, annotations, kept, why):
        """Regression: an empty table, and zeros beside zeros."""
        catalog["concept_report"] = make_report([])
        catalog["annotations"] = pd.DataFrame({"concept": annotations})
        catalog["concepts"] = pd.DataFrame({"kept": pd.Series(kept, dtype=bool)})
        print_summary(catalog)
        printed = capsys.readouterr().out
        assert rows_of(printed)["Concepts"].startswith(why)
        assert "best on valid" not in printed


class TestPlaces:
    COMMANDS: ClassVar = {"Dashboard": "PLMSCOPE_DATA_ROOT='/a [/b]' make dashboard"}

    def printed(self, written, catalog, capsys) -> dict[str, str]:
        print_places(catalog, written, self.COMMANDS)
        return rows_of(capsys.readouterr().out)

    def test_are_the_newest_version_of_a_report_and_the_commands(self, tmp_path, capsys):
        """Regression: only the full main job said where its report is."""
        path = tmp_path / "data [/b]/layer_1/report.html"
        for version in ("2026-01-02T", "2026-01-01T"):
            (path / version).mkdir(parents=True)
            (path / version / path.name).touch()
        rows = self.printed({"report", "x"}, Catalog(report=Written(path)), capsys)
        assert rows == {
            "Results": str(path.parent),
            "Report": str(path / "2026-01-02T" / path.name),
            **self.COMMANDS,
        }

    @pytest.mark.parametrize("name", ["statistics_check_report", "chosen_sae_evaluation"])
    def test_are_those_of_what_was_written(self, tmp_path, capsys, name):
        catalog = Catalog({name: Written(tmp_path / "it.json"), "report": None})
        assert str(tmp_path / "it.json") in self.printed({name}, catalog, capsys).values()

    def test_are_seen_from_where_the_command_was_given(self, tmp_path, capsys, monkeypatch):
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "data/layer_1/report.html"
        rows = self.printed({"report"}, Catalog(report=Written(path)), capsys)
        assert rows["Report"] == "data/layer_1/report.html"


class TestWidth:
    def test_in_a_file_each_row_is_one_line(self, catalog, capsys, monkeypatch):
        """Regression: cells were wrapped at 80 columns."""
        monkeypatch.delenv("COLUMNS", raising=False)
        reason = "Lowest fvu " + "of all the trials " * 20
        catalog["sae_config"] |= {"reason": reason.strip()}
        print_summary(catalog)
        assert rows_of(capsys.readouterr().out)["Why this one"] == reason.strip()

    def test_fits_the_terminal_without_cutting_a_figure(self, catalog, capsys, width):
        print_summary(catalog)
        print_controls(catalog)
        printed = capsys.readouterr().out
        assert max(map(len, printed.splitlines())) <= width
        for figure in ("0.91 / 0.32", "0.83 / 0.24", "0.75 - 0.96", "0.443 / 0.186", "0.70 / 0.65"):
            assert figure in printed


@pytest.mark.usefixtures("wide")
class TestHostileNames:
    def test_are_shown_as_they_are(self, catalog, capsys):
        """Regression: "[/b]" stopped the finished job, "[beta-lactamase]" was not shown."""
        print_summary(catalog)
        printed = capsys.readouterr().out
        for name in HOSTILE:
            assert name in printed

    def test_of_controls_and_motifs_are_shown_as_they_are(self, catalog, capsys):
        print_controls(catalog)
        printed = capsys.readouterr().out
        for name in ("[/b] ", *HOSTILE):
            assert name in printed

    def test_are_no_emoji(self, catalog, capsys):
        catalog["concept_report"] = make_report(["Motif: :key: x"])
        print_summary(catalog)
        assert "Motif: :key: x" in capsys.readouterr().out
