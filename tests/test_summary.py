"""The tables on the terminal."""

from pathlib import Path

import pandas as pd
import pytest

from plmscope.concepts import Headline
from plmscope.summary import print_controls, print_summary

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


class Report:
    def list_versions(self):
        return ["/data [/b]/08_reporting/plm/layer_1/report.html/now/report.html"]


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
    evaluation = {"fvu": 0.3, "l0_mean": 32.0, "dead_share": 0.0, "fidelity_masked": None}
    planted = {
        "motif": [f"Planted {name}" for name in HOSTILE],
        "feature": 7,
        "valid_f1": 0.8,
        "valid_f1_per_residue": 0.75,
        "test_f1": 0.7,
        "test_f1_per_residue": 0.65,
        "recovered": True,
        "n_features": 2,
        "absorbed_share": 0.01,
    }
    return Catalog(
        proteins=pd.DataFrame({"split": ["train", "valid", "test"], "length": 10}),
        sae_config={
            "sae": {"architecture": "batch_topk", "d_model": None, "d_sae": 2560, "k": 32},
            "training": {},
            "trial": 5,
            "reason": "Lowest fvu [of 6] trials: trial 5.",
        },
        sae_evaluation={"test": evaluation},
        concept_summary={"sae": SAE, "controls": {"raw_neurons": NEURONS}},
        concept_report=make_report(HOSTILE),
        report=Report(),
        full_control_headlines={"sae": SAE, "raw_neurons": NEURONS, "[/b]": ZEROS},
        planted_report=pd.DataFrame(planted),
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


class TestWidth:
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
        assert str(Path("/data [/b]/08_reporting/plm/layer_1")) in printed

    def test_of_controls_and_motifs_are_shown_as_they_are(self, catalog, capsys):
        print_controls(catalog)
        printed = capsys.readouterr().out
        for name in ("[/b] ", *HOSTILE):
            assert name in printed

    def test_are_no_emoji(self, catalog, capsys):
        catalog["concept_report"] = make_report(["Motif: :key: x"])
        print_summary(catalog)
        assert "Motif: :key: x" in capsys.readouterr().out
