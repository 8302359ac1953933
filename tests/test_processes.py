"""Programs and processes must not outlive the run that started them, not even a killed one.

The programs hold a named pipe open for writing, as does whatever they start: its reader sees the
end when the last of them is gone.
"""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plmscope.processes import run_program

SECONDS_TO_END = 10
TREE = "exec 9>{pipe}; echo started >&9; sleep 60 & sleep 60"
RUN_TREE = "from plmscope.processes import run_program; run_program(['sh', '-c', '''{tree}'''])"


class Held:
    """The reader of a named pipe: tells what was written, and when no process holds it any more."""

    def __init__(self, path: Path):
        os.mkfifo(path)
        self.path = path
        self.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> bytes:
        """The next thing written; b"" once all that held the pipe are gone; fails if neither."""
        ready, _, _ = select.select([self.reader], [], [], SECONDS_TO_END)
        assert ready, "still held"
        return os.read(self.reader, 100)


@pytest.fixture
def held(tmp_path):
    pipe = Held(tmp_path / "pipe")
    yield pipe
    os.close(pipe.reader)


@pytest.fixture
def start():
    """Start Python code; whatever is left of it at the end is killed."""
    started = []

    def run(code: str, **settings) -> subprocess.Popen:
        started.append(subprocess.Popen([sys.executable, "-c", code], **settings))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


class TestRunProgram:
    def test_returns_exit_code_and_output(self):
        done = run_program(["sh", "-c", "echo found; echo warned >&2; exit 3"])
        assert (done.returncode, done.stdout, done.stderr) == (3, "found\n", "warned\n")

    def test_arguments_arrive_as_they_are(self):
        arguments = ["a b", "$HOME", "'", "", "*", "-n"]
        done = run_program([sys.executable, "-c", "import sys; print(sys.argv[1:])", *arguments])
        assert done.stdout == f"{arguments}\n"

    def test_much_output_does_not_block(self):
        done = run_program(["sh", "-c", "head -c 300000 /dev/zero | tee /dev/stderr"])
        assert len(done.stdout) == len(done.stderr) == 300_000

    def test_the_program_does_not_read_the_callers_input(self):
        assert run_program(["cat"]).stdout == ""

    def test_no_such_program(self):
        done = run_program(["no-such-program"])
        assert done.returncode == 127
        assert "no-such-program" in done.stderr

    def test_a_killed_program_is_no_success(self):
        assert run_program(["sh", "-c", "kill -KILL $$"]).returncode == 128 + signal.SIGKILL

    def test_a_killed_run_ends_the_whole_tree(self, held, start):
        """Regression: MMseqs2 ran on after its run was killed."""
        run = start(RUN_TREE.format(tree=TREE.format(pipe=held.path)))
        assert held.read() == b"started\n"
        run.kill()
        assert held.read() == b""

    def test_so_does_one_killed_while_it_starts_the_program(self, held, start):
        tree = TREE.format(pipe=held.path)
        code = "import plmscope.processes; print(flush=True); " + RUN_TREE.format(tree=tree)
        for delay in (0, 0.001, 0.002, 0.003, 0.004, 0.006):
            run = start(code, stdout=subprocess.PIPE)
            assert run.stdout.readline() == b"\n"
            time.sleep(delay)
            run.kill()
            run.stdout.close()
        os.close(os.open(held.path, os.O_WRONLY))  # it has an end also if no program came so far
        while held.read():
            pass

    def test_an_interrupted_run_ends_the_whole_tree(self, held, start):
        code = RUN_TREE.format(tree=TREE.format(pipe=held.path))
        run = start(code, stderr=subprocess.DEVNULL)
        assert held.read() == b"started\n"
        run.send_signal(signal.SIGINT)
        assert held.read() == b""
        assert run.wait(SECONDS_TO_END) != 0

    def test_ends_what_a_finished_program_leaves_running(self, held):
        done = run_program(["sh", "-c", f"exec 9>{held.path}; sleep 60 & echo done"])
        assert done.stdout == "done\n"
        assert held.read() == b""

    def test_leaves_other_programs_alone(self):
        other = subprocess.Popen(["sh", "-c", "read -r _"], stdin=subprocess.PIPE)
        run_program(["true"])
        assert other.poll() is None
        other.communicate(b"\n")
        assert other.returncode == 0


class TestEndWithParent:
    CHILD = (
        "import os, time; from plmscope.processes import end_with_parent; "
        "pipe = os.open('{pipe}', os.O_WRONLY); end_with_parent(); "
        "os.write(pipe, b'started'); time.sleep({seconds})"
    )

    def test_a_process_ends_with_its_killed_parent(self, held, start):
        child = self.CHILD.format(pipe=held.path, seconds=60)
        parent = start(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
        assert held.read() == b"started"
        parent.kill()
        assert held.read() == b""

    def test_also_if_the_parent_is_gone_before_it_is_asked(self, tmp_path, held, start):
        (tmp_path / "late.py").write_text(
            "import multiprocessing, os, time\n"
            "from plmscope.processes import end_with_parent\n"
            "def work():\n"
            f"    pipe = os.open({str(held.path)!r}, os.O_WRONLY)\n"
            "    os.write(pipe, b'started')\n"
            "    time.sleep(2)\n"
            "    end_with_parent()\n"
            "    time.sleep(60)\n"
        )
        parent = start(
            "import late, multiprocessing; "
            "multiprocessing.get_context('spawn').Process(target=late.work).start()",
            cwd=tmp_path,
        )
        assert held.read() == b"started"
        parent.kill()
        assert held.read() == b""

    def test_a_process_whose_parent_lives_runs_to_its_end(self, held, start):
        child = start(self.CHILD.format(pipe=held.path, seconds=1.2))
        assert held.read() == b"started"
        assert child.wait(SECONDS_TO_END) == 0
