"""Commands of the project beside Kedro's own: `kedro keep-newest`, `kedro show-runs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import env_option
from kedro.framework.session import KedroSession
from omegaconf import OmegaConf

from plmscope.disk.places import as_path
from plmscope.disk.versions import keep_newest
from plmscope.errors import DamagedFileError


@click.group()
def cli() -> None:
    """Commands of PLMscope."""


@cli.command("keep-newest")
@click.argument("n", type=click.IntRange(min=1))
@env_option
@click.option("--params", default="", help="As of `kedro run`, such as data_root=my/data.")
def keep_newest_versions(n: int, env: str | None, params: str) -> None:
    """Keep the N newest versions of each dataset of a run, and remove those before.

    A run is a PLM, a layer and an SAE, as the globals name them; other runs are left alone.
    """
    given: Any = OmegaConf.to_container(OmegaConf.from_dotlist(params.split(",") if params else []))
    session: Any  # Kedro's own type of it has no context
    with KedroSession.create(Path.cwd(), env=env, runtime_params=given) as session:
        catalog = session.load_context().config_loader["catalog"]
    versioned = {
        name: as_path(entry["filepath"])
        for name, entry in catalog.items()
        if not name.startswith("_") and entry.get("versioned")
    }
    n_removed = 0
    for name, path in versioned.items():
        removed = keep_newest(path, n)
        n_removed += len(removed)
        for folder in removed:
            sys.stdout.write(f"{name}: {folder.name} removed\n")
    sys.stdout.write(f"{n_removed} versions removed, the newest {n} of each dataset are left\n")


@cli.command("show-runs")
@click.argument("manifests", nargs=-1, required=True, type=click.Path(path_type=Path))
def show_runs(manifests: tuple[Path, ...]) -> None:
    """What runs took, by stage, from their MANIFESTS under 08_reporting/runs."""
    from rich.console import Console

    from plmscope.run.costs import costs_table

    try:
        Console().print(costs_table(manifests))
    except (DamagedFileError, OSError) as error:
        raise click.ClickException(str(error)) from error
