"""The dashboard over a made-up run of 10,240 features and 10,000 proteins, in a browser.

And a protein over the bundled sample's run. Needs what `make run` leaves, and Chromium.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.harness import Figure, make_figure

N_FEATURES, N_PROTEINS, N_CONCEPTS, N_EXAMPLES = 10_240, 10_000, 200, 10
LENGTH = 1_000
"""Residues of each protein, of which a change of feature draws five."""
N_VISITS, PATIENCE_S = 50, 200
PROJECT = Path(__file__).parent.parent
LETTERS = list("ACDEFGHIKLMNPQRSTVWY")
LIMITS = {"protein": 0.5, "warm": 6.0, "cold": 15.0, "feature": 0.5, "memory": 1.0}


def run() -> list[Figure]:
    """Times beside the limits that were set."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        _write_run(root)
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        server, url = _serve(root)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            cold = _open(page, url)
            time.sleep(8)  # the next kernel is made ready
            page.close()
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            warm = _open(page, url)
            change = float(np.median([_change_feature(page, f) for f in range(100, 107)]))
            memory = max(_memory_gb(process) for process in _kernels(server))
            page.close()
            for _ in range(N_VISITS):
                page = browser.new_page()
                page.goto(url)
                page.close(run_before_unload=True)
            left = _wait_for_kernels_to_end(server)
        finally:
            server.terminate()
            server.wait(60)
        drawn = _draw_protein(browser)
    name = f"{N_FEATURES:,} features, {N_PROTEINS:,} proteins"
    return [
        make_figure(f"first visit, cold, {name}", cold, LIMITS["cold"], "s", "the limit set"),
        make_figure(f"visit to a warm kernel, {name}", warm, LIMITS["warm"], "s", "the limit set"),
        make_figure(f"change of feature, {name}", change, LIMITS["feature"], "s", "the limit set"),
        make_figure(f"memory of a kernel, {name}", memory, LIMITS["memory"], "GB", "the limit set"),
        make_figure(
            f"a protein of {LENGTH:,} residues drawn",
            drawn,
            LIMITS["protein"],
            "s",
            "the limit set",
        ),
        make_figure(f"kernels after {N_VISITS} visits", left, 1, "", "the one kept ready"),
    ]


def _serve(root: Path) -> tuple[subprocess.Popen, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "voila", "notebooks/dashboard.ipynb", "--no-browser",
         f"--port={port}"],
        cwd=PROJECT,
        env=os.environ | {"JUPYTER_PATH": "notebooks/jupyter", "PLMSCOPE_DATA_ROOT": str(root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{url}/voila/static/voila.js", timeout=2).close()
        except (URLError, TimeoutError):
            time.sleep(0.25)
        else:
            break
    return server, url


def _open(page: Page, url: str) -> float:
    start = time.perf_counter()
    page.goto(url, timeout=120_000)
    page.wait_for_selector("article.plmscope-protein", timeout=120_000)
    return time.perf_counter() - start


def _change_feature(page: Page, feature: int) -> float:
    field = page.locator(".plmscope-sidebar input[type=number]")
    start = time.perf_counter()
    field.fill(str(feature))
    field.press("Enter")
    title = f".plmscope-page:visible h2:has-text('f/{feature}')"
    page.wait_for_selector(title, timeout=60_000)
    return time.perf_counter() - start


def _draw_protein(browser: Browser) -> float:
    """Seconds until other features are drawn along a protein that has been explained."""
    server, url = _serve(PROJECT / "data")
    sequence = "".join(np.random.default_rng(0).choice(LETTERS, LENGTH))
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/?view=protein&protein={sequence}", timeout=120_000)
        tracks = page.locator(".plmscope-page:visible .plmscope-tracks svg")
        tracks.locator("text.name").first.wait_for(timeout=120_000)
        field = page.get_by_placeholder("118 2255")
        seconds = []
        for first in range(100, 170, 10):
            numbers = range(first, first + 5)
            start = time.perf_counter()
            field.fill(" ".join(map(str, numbers)))
            field.press("Enter")
            tracks.locator("text.name", has_text=f"f/{numbers[-1]}").wait_for(timeout=60_000)
            seconds.append(time.perf_counter() - start)
        page.close()
    finally:
        server.terminate()
        server.wait(60)
    return float(np.median(seconds))


def _kernels(server: subprocess.Popen) -> list[int]:
    listing = subprocess.run(
        ["ps", "--ppid", str(server.pid), "-o", "pid=,args="], capture_output=True, text=True
    ).stdout
    return [int(row.split()[0]) for row in listing.splitlines() if "ipykernel" in row]


def _wait_for_kernels_to_end(server: subprocess.Popen) -> int:
    """How many are left when those that nobody looks at have been ended."""
    deadline = time.monotonic() + PATIENCE_S
    while len(_kernels(server)) > 1 and time.monotonic() < deadline:
        time.sleep(2)
    return len(_kernels(server))


def _memory_gb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    kilobytes = next(row for row in status.splitlines() if row.startswith("VmRSS")).split()[1]
    return int(kilobytes) * 1024 / 1e9


def _write_run(root: Path) -> None:
    """The tables that the dashboard reads of every run, and the feature table and the motifs."""
    rng = np.random.default_rng(0)
    reports = root / "08_reporting/made/layer_1/default"
    proteins = pd.DataFrame({"accession": [f"P{n:05d}" for n in range(N_PROTEINS)]}).assign(
        sequence=["".join(row) for row in rng.choice(LETTERS, (N_PROTEINS, LENGTH))],
        entry_name="MADE", protein_name="made up", gene_names="GEN", organism="", length=LENGTH,
        origin="annotated", cluster="c", split="test",
    )  # fmt: skip
    concepts = [f"Domain: made {n}" for n in range(N_CONCEPTS)]
    annotations = pd.DataFrame(
        {
            "accession": rng.choice(proteins["accession"], 60_000),
            "concept": rng.choice(concepts, 60_000),
            "category": "Domain", "level": "span", "start": 20, "end": 80,
            "instance": range(60_000),
        }
    )  # fmt: skip
    feature = np.arange(N_FEATURES)
    statistics = pd.DataFrame({"feature": feature}).assign(
        max_activation=1.0, mean_when_active=0.3, n_residues_active=500, n_proteins_active=200,
        fraction_of_residues=rng.uniform(1e-4, 0.1, N_FEATURES),
        fraction_of_proteins=rng.uniform(1e-3, 1, N_FEATURES),
        fraction_when_present=rng.uniform(0.01, 0.5, N_FEATURES),
        histogram=list(rng.integers(0, 500, (N_FEATURES, 25))),
    )  # fmt: skip
    n_pairs = 30 * N_FEATURES
    pairs = pd.DataFrame({"feature": rng.choice(feature, n_pairs)}).assign(
        concept=rng.choice(concepts, n_pairs), category="Domain", level="span", threshold=0.5,
        valid_tp=9, valid_fp=1, test_tp=9, test_fp=1, counted=True,
        **{f"{split}_{score}": rng.uniform(0, 0.9, n_pairs) for split in ("valid", "test")
           for score in ("precision", "recall", "recall_per_instance", "f1", "f1_per_residue")},
    ).drop_duplicates(["feature", "concept"])  # fmt: skip
    n_examples = N_FEATURES * N_EXAMPLES
    examples = pd.DataFrame({"feature": np.repeat(feature, N_EXAMPLES)}).assign(
        kind="top", range_low=0.0, range_high=1.0,
        rank=np.tile(range(1, N_EXAMPLES + 1), N_FEATURES),
        accession=rng.choice(proteins["accession"], n_examples), peak=0.9, peak_position=100,
        positions=[np.arange(90, 120, dtype=np.int32)] * n_examples,
        values=[np.linspace(0.1, 0.9, 30, dtype=np.float32)] * n_examples,
    )  # fmt: skip
    near = [rng.choice(N_FEATURES, 15) for _ in range(N_FEATURES)]
    table = statistics.assign(
        name="", description="It is made up.", pattern="short motif", motif="C-x(2)-C",
        family=0, family_name="made up", module=0, module_name="made up", rung=0, effect=np.nan,
        test_f1_low=np.nan, x=rng.normal(size=N_FEATURES), y=rng.normal(size=N_FEATURES),
        near=near, co_active=near, near_cosine=[np.linspace(0.9, 0.1, 15)] * N_FEATURES,
        co_activation=[np.linspace(0.9, 0.1, 15)] * N_FEATURES,
    )  # fmt: skip
    counts = rng.integers(0, 20, 21 * 20)
    motifs = pd.DataFrame({"feature": feature}).assign(
        n_windows=20, motif="C-x(2)-C", peak_column=10, why_none="",
        rows=[["ACDEFGHIKLMNPQRSTVWYA"] * 20] * N_FEATURES, counts=[counts] * N_FEATURES,
    )  # fmt: skip
    best = pairs.sort_values("valid_f1", ascending=False).drop_duplicates("concept")
    for path, frame, options in (
        (root / "03_primary/proteins.parquet", proteins, {}),
        (root / "03_primary/annotations.parquet", annotations, {}),
        (reports / "pair_scores.parquet", pairs, {}),
        (reports / "concept_report.parquet", best, {}),
        (reports / "feature_statistics.parquet", statistics, {}),
        (reports / "feature_table.parquet", table, {}),
        (reports / "feature_motifs.parquet", motifs, {"row_group_size": 1000}),
        (reports / "feature_examples.parquet", examples, {"row_group_size": 5000}),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(path, **options)
