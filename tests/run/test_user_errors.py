"""A user's error ends in its sentence."""

import errno
import subprocess
import sys

import pytest
from kedro.io import DatasetError

from plmscope.errors import PlmscopeError
from plmscope.run.user_errors import sentence_of

OURS = PlmscopeError("my.tsv, line 3: no accession. Fix the row.")


def raised_from(error, cause):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


class TestSentenceOf:
    def test_ours(self):
        assert sentence_of(OURS) == str(OURS)

    def test_ours_behind_kedros(self):
        wrapped = raised_from(DatasetError("Failed while loading data from dataset X(...)"), OURS)
        assert sentence_of(wrapped) == str(OURS)

    def test_a_full_disk_behind_kedros(self):
        full = OSError(errno.ENOSPC, "No space left on device", "/data/x.log")
        wrapped = raised_from(DatasetError("Failed while saving"), full)
        assert sentence_of(wrapped) == "[Errno 28] No space left on device: '/data/x.log'"

    def test_kedros_own(self):
        assert sentence_of(DatasetError("no such version")) == "no such version"

    @pytest.mark.parametrize(
        "error",
        [ValueError("x"), OSError(errno.EIO, "x"), KeyError("raw_neurons"), ZeroDivisionError()],
    )
    def test_a_fault_of_ours_keeps_its_traceback(self, error):
        assert sentence_of(error) is None


class TestOnTheTerminal:
    def run(self, statement):
        code = f"import plmscope.settings\nfrom plmscope.errors import PlmscopeError\n{statement}"
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            capture_output=True,
            text=True,
            check=False,
        )

    def test_a_sentence_and_exit_code_1(self):
        done = self.run("raise PlmscopeError('my [/b] sentence')")
        assert done.returncode == 1
        assert done.stderr.strip().splitlines()[-1] == "my [/b] sentence"
        assert "Traceback" not in done.stderr

    def test_anything_else_as_python_does(self):
        done = self.run("1 / 0")
        assert done.returncode == 1
        assert "Traceback" in done.stderr
        assert "ZeroDivisionError" in done.stderr
