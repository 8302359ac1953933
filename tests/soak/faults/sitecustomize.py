"""Kills the process at a chosen change of the file system; Python imports this at its start.

`PLMSCOPE_KILL_AT=7` kills at the seventh change below `PLMSCOPE_TEST_ROOT`: a rename (of a file
first cut to half, or just before, or just after), or a removal (before or after). With
`PLMSCOPE_COUNT_TO=<file>` nothing is killed, and the number of changes is written there.
"""

import atexit
import os
import shutil
import signal
from pathlib import Path

_ROOT = os.environ.get("PLMSCOPE_TEST_ROOT", "")
_KILL_AT = int(os.environ.get("PLMSCOPE_KILL_AT", "0"))
_COUNT_TO = os.environ.get("PLMSCOPE_COUNT_TO")
_OWN = os.environ.setdefault("PLMSCOPE_KILLED_PROCESS", str(os.getpid())) == str(os.getpid())
_seen = 0


def _change(path, spoil=None):
    """Count a change, and die of it if it is the one."""
    global _seen
    if not str(path).startswith(_ROOT):
        return
    _seen += 1
    if _seen == _KILL_AT:
        if spoil is not None:
            spoil()
        os.kill(os.getpid(), signal.SIGKILL)


def _halve(path):
    files = [path] if path.is_file() else [part for part in path.rglob("*") if part.is_file()]
    for file in files:
        os.truncate(file, file.stat().st_size // 2)


def _instrument():
    replace, unlink, rmtree = Path.replace, Path.unlink, shutil.rmtree

    def replacing(path, target):
        _change(path, lambda: _halve(path))
        _change(path)
        result = replace(path, target)
        _change(target)
        return result

    def unlinking(path, missing_ok=False):
        is_there = path.exists()
        if is_there:
            _change(path)
        unlink(path, missing_ok=missing_ok)
        if is_there:
            _change(path)

    def removing(path, *args, **kwargs):
        _change(path)
        rmtree(path, *args, **kwargs)
        _change(path)

    Path.replace, Path.unlink, shutil.rmtree = replacing, unlinking, removing


if _ROOT and _OWN and (_KILL_AT or _COUNT_TO):
    _instrument()
    if _COUNT_TO:
        atexit.register(lambda: Path(_COUNT_TO).write_text(str(_seen)))
