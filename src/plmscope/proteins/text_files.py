"""Reading text files, plain or gzipped, with errors that name file and line."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from .errors import ProteinTableError


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Read a UTF-8 text file line by line.

    Args:
        path: A text file; gzipped if its name ends in `.gz`.

    Yields:
        Line number (from 1) and line, without its end.

    Raises:
        ProteinTableError: The file is missing, empty, not UTF-8, not gzip, or cut off.
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except FileNotFoundError:
        raise ProteinTableError(f"{path} does not exist. Give an existing file's path.") from None
    except UnicodeDecodeError as error:
        raise ProteinTableError(
            f"{path}, line {number}: not UTF-8 text ({error.reason}). "
            "Save the file as UTF-8, as UniProt exports it."
        ) from error
    except EOFError as error:
        raise ProteinTableError(
            f"{path}, after line {number}: the gzip file is cut off. Download it again."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ProteinTableError(
            f"{path}, after line {number}: not a sound gzip file ({error}). "
            "Download it again; a file that is not compressed must not end in .gz."
        ) from error
    if number == 0:
        raise ProteinTableError(f"{path} is empty. Give a file with at least one protein.")
