"""Tables as Parquet files in which damage shows.

The pages carry checksums, which are verified whenever they are read. These do not cover the
footer, so that a digest of the schema (names, types, what pandas notes) lies in it as well. A file
that another program has written has neither: it is read, and the log says so.
"""

import hashlib
import logging
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from plmscope.disk.files import local_copy, write_then_rename
from plmscope.errors import DamagedFileError

logger = logging.getLogger(__name__)

_DIGEST = b"plmscope.schema_sha256"


def write_parquet(table: pd.DataFrame, path: Path, **arguments: Any) -> None:
    """Write a table whole or not at all.

    Args:
        table: The table; its index is not kept.
        path: Where it belongs.
        arguments: More for `pyarrow.parquet.write_table`.
    """
    rows = pa.lib.Table.from_pandas(table, preserve_index=False)
    notes = rows.schema.metadata | {_DIGEST: _digest(rows.schema)}
    rows = rows.replace_schema_metadata(notes)
    with write_then_rename(path) as temporary:
        pq.write_table(rows, temporary, write_page_checksum=True, **arguments)


def read_parquet(path: Path, remedy: str, **arguments: Any) -> pd.DataFrame:
    """Read a table.

    Args:
        path: Where it is.
        remedy: What to do if it is damaged, as a sentence.
        arguments: More for `pandas.read_parquet`, such as `columns` or `filters`.

    Raises:
        DamagedFileError: The file is torn, or not what was written.
        FileNotFoundError: There is no such file.
    """
    with local_copy(path) as local:
        return _read(local, remedy, **arguments)


def _read(path: Path, remedy: str, **arguments: Any) -> pd.DataFrame:
    try:
        with pq.ParquetFile(path) as file:
            digest = (file.schema_arrow.metadata or {}).get(_DIGEST)
            if digest is None:
                _tell_unsealed(path)
            elif digest != _digest(file.schema_arrow):
                raise ValueError("its schema is not what was written")
        return pd.read_parquet(path, page_checksum_verification=True, **arguments)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, pa.lib.ArrowException) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise DamagedFileError(f"{path} is damaged: {reason}. {remedy}") from error


@cache  # once for each file
def _tell_unsealed(path: Path) -> None:
    logger.warning(
        "%s was written by another program: it has no checksums, damage would not show", path
    )


def _digest(schema: pa.Schema) -> bytes:
    notes = {key: value for key, value in (schema.metadata or {}).items() if key != _DIGEST}
    # A list's values are called "item" in memory and "element" in the file.
    types = [(field.name, str(field.type).replace("<item:", "<element:")) for field in schema]
    described = repr([types, sorted(notes.items())])
    return hashlib.sha256(described.encode()).hexdigest().encode()
