"""One writer at a time in a folder."""

import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from plmscope.disk.places import is_remote

logger = logging.getLogger(__name__)

LOCK = ".lock"
HOLDER = ".lock.holder"


@contextmanager
def writing_alone(folder: Path) -> Iterator[None]:
    """Wait until no other process writes into a folder, and keep others waiting meanwhile.

    The system lets go of the lock when its process ends, however it ends. The empty lock file
    stays in the folder: removing it could give two processes a lock each.

    Object storage has no locks: there, nobody waits, and what is written has to be such that two
    may write it.

    Args:
        folder: Made if it is not there.
    """
    if is_remote(folder):
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        logger.warning("%s is being written by %s: waiting for it", folder, _holder(folder))
        lock.acquire()
    try:
        own = {"process": os.getpid(), "machine": socket.gethostname()}
        (folder / HOLDER).write_text(json.dumps(own))
        yield
    finally:
        (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def _holder(folder: Path) -> str:
    try:
        holder = json.loads((folder / HOLDER).read_text())
        process, machine = int(holder["process"]), str(holder["machine"])
        if machine == socket.gethostname():
            os.kill(process, 0)  # raises if it is gone: the note is of one that was killed
    except (OSError, ValueError, KeyError, TypeError):  # or the holder is only just beginning
        return "another process"
    return f"process {process} on {machine}"
