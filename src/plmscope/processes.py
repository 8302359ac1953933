"""Programs that end when the run that started them ends, however it ends."""

import multiprocessing
import os
import subprocess
import threading
import time
from collections.abc import Sequence

# The shell leads a process group of its own. In it, beside the program, a watch waits for the end
# of its input, which comes when the process that holds the other end is gone, and kills the group.
# When the program ends first, the shell ends the watch, and what the program has left running.
_WATCHED = """
exec 3<&0 </dev/null
{ read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 &
"$@" 3<&- &
wait $!
code=$?
trap '' TERM
{ kill -TERM 0; wait; } 2>/dev/null
exit $code
"""
_SECONDS_BETWEEN_LOOKS = 0.5


def run_program(line: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; if this process ends before, however it does, so does the program.

    So does whatever the program itself has started, as long as it is in the program's group.

    Args:
        line: The program and its arguments.

    Returns:
        Exit code (if a signal ended it, 128 and its number; if there is no such program, 127) and
        what it printed.
    """
    with subprocess.Popen(
        ["sh", "-c", _WATCHED, "sh", *line],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        assert program.stdin is not None
        with program.stdin:
            program.stdin = None  # or communicate would close it, and so end the program
            printed, errors = program.communicate()
    return subprocess.CompletedProcess(line, program.returncode, printed, errors)


def end_with_parent() -> None:
    """Let this process end when the one that started it is gone, also if it is gone already."""
    parent = os.getppid()
    started_by = multiprocessing.parent_process()  # None if multiprocessing did not start it

    def watch() -> None:
        while os.getppid() == parent and (started_by is None or started_by.is_alive()):
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
