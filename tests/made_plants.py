"""What would run, or leave its folder, if a page, a spreadsheet or a path took data for more."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

IMAGE = "<img src=planted onerror=document.title='planted'>"
SCRIPT = "</script><script>document.title='planted'</script>"
DRAWING = "'><svg onload=document.title='planted'>"
LINK = "[see](javascript:document.title='planted')"
FORMULA = "=cmd|' /C calc'!A0"
TEXTS = (IMAGE, SCRIPT, FORMULA, DRAWING, LINK, "@SUM(1+1)", "{0.__class__} {{7*7}} ${HOME}")
FILE_NAMES = (
    "<img src=planted onerror=alert(1)> {}.cif",
    "-rf {}.cif",
    "a\nb {}.cif",
    "$(id) {}.cif",
)
"""Of structures; each with an accession in it."""
SECRETS = {
    "HF_TOKEN": "hf_plantedtokenofthehub",
    "WANDB_API_KEY": "0123456789plantedkeyofwandb",
    "OPENAI_API_KEY": "sk-plantedkeyofamodel",
}
"""By the name of the environment variable."""


def plant_notebook(notebook: Path, planted: Path) -> None:
    """Copy a notebook with saved outputs, and metadata, that would run code."""
    content = json.loads(notebook.read_text())
    html = f"{IMAGE}<script>document.title='planted'</script>"
    data = {"text/html": [html], "application/javascript": ["document.title='planted'"]}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    for cell in content["cells"]:
        cell["outputs"] = [output]
    content["metadata"] |= {"title": f"</title>{SCRIPT}", "widgets": {"planted": html}}
    planted.write_text(json.dumps(content))


def ran_in(page: Any) -> list[str]:
    """What of the plants has become part of a page, and not stayed text."""
    return page.evaluate(
        """() => [
            ...(document.title === "planted" ? ["title"] : []),
            ...document.querySelectorAll("[src=planted], [onerror], svg[onload], a[href^=java]"),
        ].map((found) => found.outerHTML ?? found)"""
    )


def formulas_in(path: Path) -> list[str]:
    """The cells of a CSV that a spreadsheet would compute."""
    with path.open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    return [
        cell for cell in cells if cell.startswith(("=", "+", "-", "@")) and not _is_number(cell)
    ]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def plant(table: Path, planted: Path) -> None:
    """Copy a UniProt table with such texts as names, and as the note of its commonest domain.

    Args:
        table: Its own.
        planted: The copy.
    """
    with table.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for number, row in enumerate(rows):
        text = TEXTS[number % len(TEXTS)]
        row |= {"Protein names": text, "Gene Names": text, "Organism": text, "Entry Name": text}
        row["Domain [FT]"] = row["Domain [FT]"].replace(
            "Chemokine interleukin-8-like domain", IMAGE
        )
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    planted.write_text("\n".join(lines) + "\n")
