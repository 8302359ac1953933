"""The tables that end the main job, and the pipelines after it, on the terminal.

Text that comes from data is escaped: rich takes `[b]` for markup and `:x:` for an emoji.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import DataCatalog
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from plmscope.concepts.scoring.best_pairs import GOOD_F1
from plmscope.concepts.scoring.headline import MIN_CLUSTERS, best_to_show, why_none_counts
from plmscope.disk.places import as_path, is_remote
from plmscope.disk.versions import newest

N_BEST_PAIRS = 10
F1_CAPTION = "F1 is given mixed / residue-wise."
WIDTH_OF_A_FILE = 1000  # nothing wraps there

REPORTS = {
    "report": "Report",
    "statistics_check_report": "Check of the statistics",
    "chosen_sae_evaluation": "Evaluation",
    "explanation": "Explanation",
    "steering_page": "Steering",
    "site": "Site",
}
"""What a person opens after the pipeline that writes it."""
PAGES = {"explanation": "explanation.html", "site": "index.html"}
"""Of those that are folders."""


def print_summary(catalog: DataCatalog) -> None:
    """Print what the main job found.

    Args:
        catalog: The catalog of a finished run.
    """
    console = _console()
    facts = _facts(catalog.load("proteins"))
    _add_sae(facts, catalog.load("sae_config"), catalog.load("sae_evaluation")["test"])
    concept_report = catalog.load("concept_report")
    if concept_report["counted"].any():
        _add_concepts(facts, catalog.load("concept_summary"))
        console.print(facts, _best_pairs(concept_report))
        return
    tables = (concept_report, catalog.load("annotations"), catalog.load("concepts"))
    facts.add_row("Concepts", why_none_counts(*tables))
    console.print(facts)


def print_controls(catalog: DataCatalog) -> None:
    """Print what the SAE finds beside every control, and what became of planted motifs.

    Args:
        catalog: The catalog of a finished run of the pipeline `controls`.
    """
    console = _console()
    console.print(_headlines(catalog.load("full_control_headlines")))
    console.print(_planted(catalog.load("planted_report")))
    console.print(_planted_probes(catalog.load("planted_probe_report")))


def print_plan(catalog: DataCatalog) -> None:
    """Print what the main job will take.

    Args:
        catalog: The catalog of a finished run of the pipeline `plan`.
    """
    plan = catalog.load("run_plan")
    facts = _table("What the main job will take", show_header=False)
    facts.add_row("Proteins", f"{plan['proteins']:,}, {plan['residues']:,} residues")
    facts.add_row("On disk", f"{plan['disk_gb']:.2f} GB, of {plan['free_gb']:.0f} GB free")
    facts.add_row("Memory", f"{plan['memory_gb']:.1f} GB while training")
    stages = _table("By stage")
    on_gpus = [f"hours on {plan['n_gpus']} GPUs, by FLOP"] if "n_gpus" in plan else []
    for title in ("", "GFLOP", "residues a second", "hours here", *on_gpus):
        stages.add_column(title, justify="right" if title else "left")
    for stage, hours in plan["hours"].items():
        gflop, rate = (
            f"{plan[column][stage]:,.0f}" if stage in plan[column] else ""
            for column in ("gflop", "residues_per_second")
        )
        of_gpus = plan.get("hours_on_gpus", {})
        told = [f"{of_gpus[stage]:.3g}" if stage in of_gpus else ""] if on_gpus else []
        stages.add_row(stage, gflop, rate, f"{hours:.3g}", *told)
    _console().print(facts, stages)


def print_places(catalog: DataCatalog, written: set[str], commands: Mapping[str, str]) -> None:
    """Print where a run's reports are, and the commands that show its data.

    Args:
        catalog: The catalog of a finished run.
        written: The datasets that it wrote.
        commands: By what they show.
    """
    table = _table("Where to look", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")  # a path that is cut short cannot be opened
    for name in [name for name in REPORTS if name in written]:
        path = as_path(str(catalog[name]._describe()["filepath"]))
        table.add_row("Results", escape(_seen_from_here(path.parent)))
        report = newest(path)
        page = report / PAGES[name] if report.is_dir() else report
        table.add_row(REPORTS[name], escape(_seen_from_here(page)))
    for shown, command in commands.items():
        table.add_row(shown, escape(command))
    _console().print(table)


def _console() -> Console:
    """Standard output; where that is a file, each row of a table is one line."""
    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(emoji=False, width=None if is_told else WIDTH_OF_A_FILE)


def _seen_from_here(path: Path) -> str:
    if is_remote(path):
        return str(path)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _table(title: str, caption: str | None = None, show_header: bool = True) -> Table:
    return Table(
        title=title,
        caption=caption,
        title_justify="left",
        caption_justify="left",
        show_header=show_header,
    )


def _headlines(headlines: dict[str, dict[str, Any]]) -> Table:
    table = _table("The SAE and its controls, on test", F1_CAPTION)
    table.add_column("")
    for name in (
        "concepts",
        "found",
        "by the\nbound",
        "mean F1",
        "pairs\n> 0.5",
        "their\nfeatures",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for name, headline in headlines.items():
        table.add_row(
            escape(name.replace("_", " ")),
            str(headline["n_concepts"]),
            str(headline["n_found"]),
            str(headline["n_found_by_bound"]),
            _mean_f1(headline),
            str(headline["n_pairs_above_half"]),
            str(headline["n_features_above_half"]),
        )
    return table


def _planted(planted_report: pd.DataFrame) -> Table:
    table = _table("Planted motifs", F1_CAPTION)
    table.add_column("")
    for name in ("best", "valid F1", "test F1", "recovered", "features", "absorbed"):
        table.add_column(name, justify="right", no_wrap=True)
    motif: Any  # the rows of a table carry no types
    for motif in planted_report.itertuples():
        table.add_row(
            escape(motif.motif.removeprefix("Planted ")),
            f"f/{motif.feature}",
            _f1(motif.valid_f1, motif.valid_f1_per_residue),
            _f1(motif.test_f1, motif.test_f1_per_residue),
            "yes" if motif.recovered else "no",
            str(motif.n_features),
            f"{motif.absorbed_fraction:.1%}",
        )
    return table


def _planted_probes(report: pd.DataFrame) -> Table:
    table = _table("What probes find of planted motifs", F1_CAPTION)
    table.add_column("")
    ways = {"ceiling": "all activations", "best_feature": "best feature", "best_neuron": "neuron"}
    for name in (*ways.values(), "the SAE has it"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in report.sort_values("concept").to_dict("records"):
        scores = [_f1(row[f"{way}_f1"], row[f"{way}_f1_per_residue"]) for way in ways]
        table.add_row(escape(str(row["concept"])).removeprefix("Planted "), *scores, row["verdict"])
    return table


def _facts(proteins: pd.DataFrame) -> Table:
    splits = ", ".join(
        f"{split} {(proteins['split'] == split).sum():,}" for split in ("train", "valid", "test")
    )
    table = _table("What was done and found", show_header=False)
    table.add_row("Proteins", f"{len(proteins):,} ({splits})")
    table.add_row("Residues", f"{proteins['length'].sum():,}")
    return table


def _add_sae(table: Table, sae_config: dict[str, Any], evaluation: dict[str, Any]) -> None:
    """Which SAE was trained, why, and what it is like on test."""
    settings = [
        f"{name} {value}"
        for name, value in sae_config["sae"].items()
        if name not in ("architecture", "d_model")
    ]
    described = ", ".join([sae_config["sae"]["architecture"], *settings])
    table.add_row("SAE trained" if sae_config["training"] else "SAE", escape(described))
    table.add_row("Why this one", escape(sae_config["reason"]))
    table.add_row("SAE, unexplained variance (test)", f"{evaluation['fvu']:.3f}")
    table.add_row("SAE, features per residue (test)", f"{evaluation['l0_mean']:.1f}")
    table.add_row("SAE, features that never fire (test)", f"{evaluation['dead_fraction']:.1%}")
    table.add_row("SAE, loss recovered, masked (test)", _loss_recovered(evaluation))


def _add_concepts(table: Table, concepts: dict[str, Any]) -> None:
    """What the features find, beside what raw neurons find."""
    sae, neurons = concepts["sae"], concepts["controls"]["raw_neurons"]
    table.add_row("Concepts searched for", str(sae["n_concepts"]))
    table.add_row(
        f"Concepts found (test F1 > {GOOD_F1})",
        f"{sae['n_found']}, raw neurons {neurons['n_found']}",
    )
    table.add_row(
        f"… by the bound (lower end > {GOOD_F1}, {MIN_CLUSTERS} test clusters or more)",
        f"{sae['n_found_by_bound']}, raw neurons {neurons['n_found_by_bound']}",
    )
    table.add_row(
        "Mean test F1 of the best features, mixed / residue-wise",
        f"{_mean_f1(sae)}, raw neurons {_mean_f1(neurons)}",
    )


def _mean_f1(headline: dict[str, Any]) -> str:
    return f"{headline['mean_test_f1']:.3f} / {headline['mean_test_f1_per_residue']:.3f}"


def _f1(mixed: float, per_residue: float) -> str:
    return f"{mixed:.2f} / {per_residue:.2f}"


def _loss_recovered(evaluation: dict[str, Any]) -> str:
    fidelity = evaluation["fidelity_masked"]
    if fidelity is None or fidelity["loss_recovered"] is None:
        return "not measured"
    return f"{fidelity['loss_recovered']:.3f}"


def _best_pairs(concept_report: pd.DataFrame) -> Table:
    """The best pairs: feature and threshold chosen on valid, sorted by F1 on test."""
    title = f"The {N_BEST_PAIRS} feature-concept pairs that are best on valid"
    table = _table(title, f"{F1_CAPTION} The interval is that of the mixed F1 on test.")
    table.add_column("concept")
    for name in ("feature", "threshold", "valid F1", "test F1", "95 %\ninterval"):
        table.add_column(name, justify="right", no_wrap=True)
    best: Any  # the rows of a table carry no types
    for best in best_to_show(concept_report, N_BEST_PAIRS).itertuples():
        table.add_row(
            escape(best.concept),
            f"f/{best.feature}",
            f"{best.threshold:.2f}",
            _f1(best.valid_f1, best.valid_f1_per_residue),
            _f1(best.test_f1, best.test_f1_per_residue),
            f"{best.test_f1_low:.2f} - {best.test_f1_high:.2f}",
        )
    return table
