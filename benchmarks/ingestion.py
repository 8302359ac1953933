"""Reading, clustering and splitting proteins: time and memory, and how they grow.

Each size is done by a process of its own, so that its memory is its own.

- FASTA records, 10^4 to 10^7: made up, of 120 residues; 50,000 of them are drawn.
- Rows of a UniProtKB table, 10^4 and 10^5: those of the bundled sample under other accessions;
  5,000 are drawn.
- What leaks: the sample clustered as more than 50,000 proteins are, by linclust's representatives,
  beside all searched among all.
- Clusters and splits of 10^4 and 10^5 proteins, and the audit of what leaks: families of five.
  Their ancestors are the proteins of the sample, and these with their residues shuffled, which
  makes unrelated ones of the same lengths and composition. Of each ancestor there is a copy with
  95 %, 90 %, 80 %, 65 % and 45 % of its residues kept, so that pairs within a family share about
  29 % to 86 %. CPU seconds are told, as a busy machine changes them little.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.harness import Figure, make_figure

SAMPLE = Path("data/01_raw/human_swissprot_sample.tsv.gz")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
ROWS, ROWS_DRAWN = (10_000, 100_000), 5_000
CLUSTERED, KEPT_OF_ANCESTOR = (10_000, 100_000), (0.95, 0.9, 0.8, 0.65, 0.45)
N_DRAWN, LENGTH, AT_ONCE = 50_000, 120, 100_000
LIMIT_GB = 1.0
LETTERS = np.frombuffer(b"ACDEFGHIKLMNPQRSTVWY", dtype=np.uint8)
PRELUDE = """
import json, resource, sys, time
from pathlib import Path
from plmscope import proteins as pr
path, number = Path(sys.argv[1]), int(sys.argv[2])
start = time.perf_counter()
def usages():
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
def told(*more):
    peak = max(usage.ru_maxrss for usage in usages()) * 1024 / 1e9
    print(json.dumps([time.perf_counter() - start, peak, *more]))
"""
READ_FASTA = """
rejects, settings = pr.RejectLog(), pr.IngestionSettings(n_corpus=number)
chunks = pr.FastaFile(path).chunks(rejects)
drawn = pr.select_corpus(chunks, pr.SeenAccessions(), settings, rejects)
told(len(drawn) + rejects.count())
"""
READ_TABLE = """
rejects, log = pr.RejectLog(), pr.UniprotLog()
settings = pr.IngestionSettings(n_annotated=number, on_bad_feature="reject")
drawn = pr.select_annotated(pr.UniprotTable(path).chunks(settings, log), settings, rejects)
told(len(drawn.proteins) + rejects.count() + log.rejects.count())
"""
CLUSTER = """
def cpu_seconds():
    return sum(usage.ru_utime + usage.ru_stime for usage in usages())
proteins = pr.read_fasta(path).proteins
homology = pr.HomologySettings(threads=2)
before = cpu_seconds()
clusters = pr.cluster_proteins(proteins, homology)
split = pr.split_proteins(proteins, clusters, pr.SplitSettings())
clustering = cpu_seconds() - before
audit = pr.audit_leakage(split, homology)
leaked = audit["above_threshold"].mean()
told(clustering, cpu_seconds() - before - clustering, clusters["cluster"].nunique(), leaked)
"""
LEAK = """
from plmscope.proteins.homology import clusters as homology
proteins = pr.read_uniprot_tsv(path).proteins
sequences, settings = list(proteins["sequence"].unique()), pr.HomologySettings(threads=2)
pairs, _ = homology._relate(sequences, settings)
pairs = pairs[pairs["query"] < pairs["target"]]
measured = []
for homology.SEARCHED_IN_FULL in (len(sequences), 0):
    clusters = pr.cluster_proteins(proteins, settings)
    split = pr.split_proteins(proteins, clusters, pr.SplitSettings())
    of = split.drop_duplicates("sequence").set_index("sequence")
    apart = [
        (of[name].loc[[sequences[i] for i in pairs["query"]]].to_numpy()
         != of[name].loc[[sequences[i] for i in pairs["target"]]].to_numpy()).mean()
        for name in ("cluster", "split")
    ]
    audit = pr.audit_leakage(split, settings)
    leaked = audit.loc[audit["split"] == "test", "above_threshold"].mean()
    measured.append([clusters["cluster"].nunique(), *apart, leaked])
print(json.dumps([len(pairs), *measured]))
"""


def run() -> list[Figure]:
    """Each kind of figure, beside that of the smallest file, the limit set, or the full search."""
    return [*_reading_fasta(), *_reading_tables(), *_clustering(), *_leaks()]


def _reading_fasta() -> Iterator[Figure]:
    measured = {}
    for size in SIZES:
        seconds, peak, n_read = _measure(READ_FASTA, _write_corpus, size, N_DRAWN)
        assert n_read == size
        measured[size] = (1e6 * seconds / size, peak)
    base = measured[SIZES[1]][0]
    for size, (each, _) in measured.items():
        name = f"{size:,} FASTA records, each"
        yield make_figure(name, each, base, "µs", f"of {SIZES[1]:,} records")
    name = f"{SIZES[-1]:,} FASTA records, peak memory"
    yield make_figure(name, measured[SIZES[-1]][1], LIMIT_GB, "GB", "the limit set")


def _reading_tables() -> Iterator[Figure]:
    measured = {size: _measure(READ_TABLE, _write_table, size, ROWS_DRAWN) for size in ROWS}
    base_seconds, base_peak, _ = measured[ROWS[0]]
    of_base, base = f"of {ROWS[0]:,} rows", 1e6 * base_seconds / ROWS[0]
    for size, (seconds, peak, n_read) in measured.items():
        assert n_read == size
        yield make_figure(f"{size:,} rows, each", 1e6 * seconds / size, base, "µs", of_base)
        yield make_figure(f"{size:,} rows, peak memory", peak, base_peak, "GB", of_base)


def _clustering() -> Iterator[Figure]:
    measured = {size: _measure(CLUSTER, _write_families, size, 0) for size in CLUSTERED}
    base = measured[CLUSTERED[0]]
    of_base = f"of {CLUSTERED[0]:,} proteins"
    kinds = (
        ("all, elapsed", "s"), ("peak memory", "GB"), ("clusters and splits", "CPU s"),
        ("audit", "CPU s"), ("clusters", "clusters"),
        ("held-out with a homologue in train", "fraction"),
    )  # fmt: skip
    for size, told in measured.items():
        for (kind, unit), value, of_first in zip(kinds, told, base, strict=True):
            name = f"{size:,} proteins: {kind}"
            yield make_figure(name, value, of_first or float("nan"), unit, of_base)


def _leaks() -> Iterator[Figure]:
    """What searching representatives alone leaves apart, beside searching all among all."""
    line = [sys.executable, "-c", PRELUDE + LEAK, str(SAMPLE), "0"]
    n_pairs, full, of_representatives = json.loads(subprocess.check_output(line))
    kinds = (
        "clusters", f"of {n_pairs} homologous pairs, in different clusters",
        f"of {n_pairs} homologous pairs, in different splits", "of test, with a homologue in train",
    )  # fmt: skip
    for kind, ours, reference in zip(kinds, of_representatives, full, strict=True):
        name = f"sample by representatives: {kind}"
        ratio_to = reference or float("nan")
        unit = "clusters" if kind == "clusters" else "fraction"
        yield make_figure(name, ours, ratio_to, unit, "all searched among all")


def _measure(code: str, write: Callable[[Path, int], None], size: int, number: int) -> list[float]:
    """Seconds, GB and whatever else the code tells of a file of this size."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "proteins"
        write(path, size)
        line = [sys.executable, "-c", PRELUDE + code, str(path), str(number)]
        measured: list[float] = json.loads(subprocess.check_output(line))
    return measured


def _write_corpus(path: Path, size: int) -> None:
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


def _write_table(path: Path, size: int) -> None:
    header, *rows = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()
    with path.open("w") as file:
        file.write(header + "\n")
        file.writelines(f"X{number}{rows[number % len(rows)]}\n" for number in range(size))


def _write_families(path: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    header, *rows = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()
    column = header.split("\t").index("Sequence")
    sample = [np.frombuffer(row.split("\t")[column].encode(), np.uint8) for row in rows]
    with path.open("wb") as file:
        for number in range(size // len(KEPT_OF_ANCESTOR)):
            ancestor = sample[number % len(sample)]
            if number >= len(sample):
                ancestor = rng.permutation(ancestor)
            for kept in KEPT_OF_ANCESTOR:
                copy = ancestor.copy()
                changed = rng.random(len(copy)) >= kept
                copy[changed] = rng.choice(LETTERS, changed.sum())
                file.write(b">F%d_%d\n%s\n" % (number, int(100 * kept), copy.tobytes()))
