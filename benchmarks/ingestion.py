"""Reading a FASTA corpus in one pass: time a record and memory, from 10^4 to 10^7 records.

Each size is read by a process of its own, so that its memory is its own. The records are made up,
of 120 residues, and 50,000 of them are drawn.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import Figure, make_figure

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
N_DRAWN, LENGTH, AT_ONCE = 50_000, 120, 100_000
LIMIT_GB = 1.0
LETTERS = np.frombuffer(b"ACDEFGHIKLMNPQRSTVWY", dtype=np.uint8)
READ = """
import json, resource, sys, time
from pathlib import Path
import pandas as pd
from plmscope.proteins import FastaFile, IngestionSettings, RejectLog, select_corpus
rejects, settings = RejectLog(), IngestionSettings(n_corpus=int(sys.argv[2]))
start = time.perf_counter()
chunks = FastaFile(Path(sys.argv[1])).chunks(rejects)
drawn = select_corpus(chunks, pd.Series(["P1"]), settings, rejects)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
print(json.dumps([seconds, peak, len(drawn) + rejects.count()]))
"""


def run() -> list[Figure]:
    """Microseconds a record, beside those of the smallest file, and the peak of the largest."""
    measured = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "corpus.fasta"
            _write(path, size)
            line = [sys.executable, "-c", READ, str(path), str(N_DRAWN)]
            seconds, peak, n_read = json.loads(subprocess.check_output(line))
        assert n_read == size
        measured[size] = (1e6 * seconds / size, peak)
    base = measured[SIZES[1]][0]
    figures = [
        make_figure(f"{size:,} FASTA records, each", each, base, "µs", f"of {SIZES[1]:,} records")
        for size, (each, _) in measured.items()
    ]
    peak = measured[SIZES[-1]][1]
    name = f"{SIZES[-1]:,} FASTA records, peak memory"
    return [*figures, make_figure(name, peak, LIMIT_GB, "GB", "the limit set")]


def _write(path: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in range(0, size, AT_ONCE):
            n = min(AT_ONCE, size - start)
            residues = LETTERS[rng.integers(0, len(LETTERS), (n, LENGTH), dtype=np.uint8)]
            file.writelines(
                b">UniRef50_A%08d Cluster: made up n=1 Tax=root\n%s\n%s\n"
                % (start + number, row[:60].tobytes(), row[60:].tobytes())
                for number, row in enumerate(residues)
            )
