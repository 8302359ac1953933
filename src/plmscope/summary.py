"""The tables that end the main job, and the controls after it, on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pandas as pd
from kedro.io import AbstractVersionedDataset, DataCatalog
from rich.console import Console
from rich.table import Table

N_BEST_PAIRS = 10


def print_summary(catalog: DataCatalog) -> None:
    """Print what the main job found, and where to look.

    Args:
        catalog: The catalog of a finished run.
    """
    console = Console()
    console.print(
        _facts(
            catalog.load("proteins"),
            catalog.load("sae_evaluation")["test"],
            catalog.load("concept_summary"),
        )
    )
    console.print(_best_pairs(catalog.load("concept_report")))
    report = cast(AbstractVersionedDataset[str, str], catalog["report"])
    console.print(_places(Path(report.list_versions()[0])))


def print_controls(catalog: DataCatalog) -> None:
    """Print what the SAE finds beside every control, and what became of planted motifs.

    Args:
        catalog: The catalog of a finished run of the pipeline `controls`.
    """
    console = Console()
    console.print(_headlines(catalog.load("full_control_headlines")))
    console.print(_planted(catalog.load("planted_report")))


def _headlines(headlines: dict[str, dict[str, Any]]) -> Table:
    table = Table(title="The SAE and its controls, on test", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("concepts", "found", "mean F1", "pairs > 0.5", "their features"):
        table.add_column(name, justify="right")
    for name, headline in headlines.items():
        table.add_row(
            name.replace("_", " "),
            str(headline["n_concepts"]),
            str(headline["n_found"]),
            f"{headline['mean_test_f1']:.3f}",
            str(headline["n_pairs_above_half"]),
            str(headline["n_features_above_half"]),
        )
    return table


def _planted(planted_report: pd.DataFrame) -> Table:
    table = Table(title="Planted motifs", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("best", "valid F1", "test F1", "recovered", "features", "absorbed"):
        table.add_column(name, justify="right")
    motif: Any  # the rows of a table carry no types
    for motif in planted_report.itertuples():
        table.add_row(
            motif.motif.removeprefix("Planted "),
            f"f/{motif.feature}",
            f"{motif.valid_f1:.3f}",
            f"{motif.test_f1:.3f}",
            "yes" if motif.recovered else "no",
            str(motif.n_features),
            f"{motif.absorbed_share:.1%}",
        )
    return table


def _facts(proteins: pd.DataFrame, evaluation: dict[str, Any], concepts: dict[str, Any]) -> Table:
    splits = ", ".join(
        f"{split} {(proteins['split'] == split).sum():,}" for split in ("train", "valid", "test")
    )
    sae, neurons = concepts["sae"], concepts["controls"]["raw_neurons"]
    table = Table(title="What was done and found", title_justify="left", show_header=False)
    table.add_row("Proteins", f"{len(proteins):,} ({splits})")
    table.add_row("Residues", f"{proteins['length'].sum():,}")
    table.add_row("SAE, unexplained variance (test)", f"{evaluation['fvu']:.3f}")
    table.add_row("SAE, features per residue (test)", f"{evaluation['l0_mean']:.1f}")
    table.add_row("SAE, features that never fire (test)", f"{evaluation['dead_share']:.1%}")
    table.add_row("SAE, loss recovered, masked (test)", _loss_recovered(evaluation))
    table.add_row("Concepts searched for", str(sae["n_concepts"]))
    table.add_row(
        "Concepts found (test F1 > 0.5)", f"{sae['n_found']}, raw neurons {neurons['n_found']}"
    )
    table.add_row(
        "Mean test F1 of the best features",
        f"{sae['mean_test_f1']:.3f}, raw neurons {neurons['mean_test_f1']:.3f}",
    )
    return table


def _loss_recovered(evaluation: dict[str, Any]) -> str:
    fidelity = evaluation["fidelity_masked"]
    if fidelity is None or fidelity["loss_recovered"] is None:
        return "not measured"
    return f"{fidelity['loss_recovered']:.3f}"


def _best_pairs(concept_report: pd.DataFrame) -> Table:
    """The best pairs: feature and threshold chosen on valid, sorted by F1 on test."""
    table = Table(title=f"The {N_BEST_PAIRS} best feature-concept pairs", title_justify="left")
    table.add_column("concept")
    for name in ("feature", "threshold", "valid F1", "test F1", "95 % interval"):
        table.add_column(name, justify="right")
    best: Any  # the rows of a table carry no types
    for best in concept_report.nlargest(N_BEST_PAIRS, "test_f1").itertuples():
        table.add_row(
            best.concept,
            f"f/{best.feature}",
            f"{best.threshold:.2f}",
            f"{best.valid_f1:.3f}",
            f"{best.test_f1:.3f}",
            f"{best.test_f1_low:.2f} - {best.test_f1_high:.2f}",
        )
    return table


def _places(report: Path) -> Table:
    table = Table(title="Where to look", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")  # a path that is cut short cannot be opened
    if report.is_relative_to(Path.cwd()):
        report = report.relative_to(Path.cwd())
    table.add_row("Results", str(report.parent.parent.parent))
    table.add_row("Report", str(report))
    table.add_row("Dashboard", "make dashboard, then http://127.0.0.1:8866")
    table.add_row("Lineage", "make viz, then http://127.0.0.1:4141")
    return table
