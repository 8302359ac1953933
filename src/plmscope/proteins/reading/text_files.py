"""Reading text files as people have them, with errors that name file and line."""

import codecs
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from pyarrow.lib import CompressedInputStream, PythonFile

from plmscope.disk.files import is_lfs_pointer
from plmscope.proteins.errors import ProteinTableError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_KINDS = {
    _GZIP: "gzip data within gzip data",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    _ZSTD: "zstd data within compressed data",
    b"PAR1": "a Parquet table",
}
_MARKUP = ("<!doctype", "<html", "<?xml", "<uniprot", "{", "[")


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Read a text file line by line, whatever its name, its line ends and its Unicode encoding.

    Args:
        path: A text file, UTF-8 or UTF-16, plain, gzipped or as zstd: its first bytes tell which.

    Yields:
        Line number (from 1) and line, without its end and without a byte order mark, which also
        stands inside files that were put together from several.

    Raises:
        ProteinTableError: The file is missing, empty, not text, or a cut-off compressed file.
    """
    number = 0
    try:
        if is_lfs_pointer(path):
            raise ProteinTableError(
                f"{path} is a Git LFS pointer, which only stands for the file. Fetch the file"
                " itself: git lfs pull."
            )
        with _open(path) as file:
            for chunk in file:
                for line in chunk.rstrip(b"\r\n").split(b"\r"):  # old files end lines with CR alone
                    number += 1
                    text = line.decode().removeprefix("\ufeff")
                    if number == 1:
                        _refuse_markup(text, path)
                    yield number, text
    except FileNotFoundError:
        raise ProteinTableError(f"{path} does not exist. Give an existing file's path.") from None
    except IsADirectoryError:
        raise ProteinTableError(f"{path} is a folder. Give the path of a file in it.") from None
    except PermissionError:
        raise ProteinTableError(f"{path} cannot be read: permission denied.") from None
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
            f"{path}, after line {number}: not a sound gzip file ({error}). Download it again."
        ) from error
    except OSError as error:
        if error.errno is not None:  # the system's, not the decompressor's
            raise
        raise ProteinTableError(
            f"{path}, after line {number}: not a sound zstd file ({error}). Download it again."
        ) from error
    if number == 0:
        raise ProteinTableError(f"{path} is empty. Give a file with at least one protein.")


@contextmanager
def _open(path: Path) -> Iterator[Iterable[bytes]]:
    """The file's UTF-8 bytes, in lines."""
    with path.open("rb") as raw:
        file = _unpacked(raw)
        start = file.peek(8)
        for signature, kind in _OTHER_KINDS.items():
            if start.startswith(signature):
                raise ProteinTableError(
                    f"{path} is {kind}, not text. Unpack it, or export it as tab-separated text"
                    " (TSV) or FASTA."
                )
        is_utf_16 = start.startswith(_UTF_16)  # Excel's "Unicode text"
        yield codecs.EncodedFile(file, "utf-8", "utf-16") if is_utf_16 else file


def _unpacked(raw: BufferedReader) -> BufferedReader | gzip.GzipFile:
    """What a file holds, if need be decompressed."""
    start = raw.peek(8)
    if start.startswith(_GZIP):
        return gzip.GzipFile(fileobj=raw)
    if start.startswith(_ZSTD):
        return BufferedReader(CompressedInputStream(PythonFile(raw), "zstd"))
    return raw


def _refuse_markup(first_line: str, path: Path) -> None:
    if first_line.lstrip().lower().startswith(_MARKUP):
        raise ProteinTableError(
            f'{path} begins with "{first_line.strip()[:40]}": it is HTML, XML or JSON, perhaps a'
            " server's message, and not tab-separated text (TSV), FASTA or a flat file. Export it"
            " again."
        )
