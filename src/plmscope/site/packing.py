"""Data as scripts: a page that was opened from disk may load these, and nothing else."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any


def write_packed(folder: Path, name: str, content: Any) -> None:
    """Write `data/<name>.js`, which hands its content to the page.

    Compressed, since drawings repeat themselves: the browser unpacks it. The same content gives the
    same bytes.

    Args:
        folder: Of the site.
        name: Of the part, such as "features/3".
        content: What JSON can hold.
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    path = folder / "data" / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'plmscope.receive("{name}","{packed}");\n', encoding="utf-8")
