"""The console command `plmscope`, which needs no Kedro project around it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import click

from plmscope.errors import PlmscopeError

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as plmscope/settings.py, before torch


@click.group()
@click.version_option(package_name="plmscope")
def main() -> None:
    """See what a protein language model has learned."""


@main.command("explain")
@click.argument("query")
@click.option("--atlas", required=True, help="Its folder, or its id on the Hugging Face hub.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option("--plm", default=None, help="Where the PLM is. Default: where the atlas says.")
@click.option(
    "--long-sequences",
    type=click.Choice(["reject", "windows"]),
    default="reject",
    show_default=True,
    help="What is done with sequences that are longer than the PLM takes.",
)
@click.option("--download", is_flag=True, help="Ask UniProt for accessions the atlas lacks.")
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
def explain_command(
    query: str,
    atlas: str,
    output: Path,
    plm: str | None,
    long_sequences: str,
    download: bool,
    device: str,
) -> None:
    """Say what a PLM sees in QUERY: a FASTA file, a sequence, or a UniProt accession."""
    from plmscope.explanation.explaining import explain  # after --help, which needs no torch
    from plmscope.explanation.explanation import refuse_output
    from plmscope.explanation.settings import ExplainSettings

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("plmscope").setLevel(logging.INFO)
    settings = ExplainSettings.model_validate(
        {"long_sequences": long_sequences, "downloads": download}
    )
    try:
        refuse_output(output.expanduser())
        found = explain(query, atlas, plm, settings, device)
        page = found.save(output)
    except PlmscopeError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    sys.stdout.write(f"{found.in_words()}\n{page}\n")


if __name__ == "__main__":
    main()
