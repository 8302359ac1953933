"""One writer at a time in a folder, also when one is killed."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from plmscope.disk.locks import HOLDER, LOCK, writing_alone

HOLD = """
import sys, time
from pathlib import Path
from plmscope.disk.locks import writing_alone

with writing_alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def wait_beside(folder, caplog):
    """Wait for a folder in a thread; returns it and what is set once it has the folder."""
    has_it = threading.Event()
    caplog.set_level(logging.WARNING, logger="plmscope.disk.locks")

    def take():
        with writing_alone(folder):
            has_it.set()

    thread = threading.Thread(target=take)
    thread.start()
    while not caplog.messages and not has_it.is_set():
        pass
    return thread, has_it


class TestWritingAlone:
    def test_says_whom_it_waits_for_and_goes_on_when_that_one_is_killed(
        self, tmp_path, holder, caplog
    ):
        thread, has_it = wait_beside(tmp_path, caplog)
        assert not has_it.wait(0.2)
        (message,) = caplog.messages
        assert message == (
            f"{tmp_path} is being written by process {holder.pid} on {socket.gethostname()}:"
            " waiting for it"
        )
        holder.send_signal(signal.SIGKILL)
        assert has_it.wait(5)
        thread.join()

    def test_folder_of_a_killed_holder_is_free_without_a_word(self, tmp_path, holder, caplog):
        holder.kill()
        holder.wait()
        assert (tmp_path / HOLDER).exists()  # which a killed process could not remove
        caplog.set_level(logging.DEBUG, logger="plmscope.disk.locks")
        with writing_alone(tmp_path):
            assert json.loads((tmp_path / HOLDER).read_text())["process"] == os.getpid()
        assert caplog.messages == []

    @pytest.mark.parametrize("note", ["of a killed process", "torn", "of no process", "missing"])
    def test_does_not_name_a_holder_that_it_is_not_sure_of(self, tmp_path, holder, caplog, note):
        """A new holder has the lock for a moment before its note is there."""
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        path = tmp_path / HOLDER
        if note == "of a killed process":
            path.write_text(json.dumps({"process": dead.pid, "machine": socket.gethostname()}))
        elif note == "missing":
            path.unlink()
        else:
            path.write_text("[1]" if note == "of no process" else '{"proc')
        thread, _ = wait_beside(tmp_path, caplog)
        assert "is being written by another process: waiting" in caplog.messages[0]
        holder.kill()
        thread.join()

    def test_is_given_back_after_an_error(self, tmp_path):
        with pytest.raises(ZeroDivisionError), writing_alone(tmp_path):
            1 / 0  # noqa: B018
        with writing_alone(tmp_path):
            pass

    def test_threads_of_one_process_take_turns(self, tmp_path):
        inside, most = [], []

        def work():
            with writing_alone(tmp_path):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == [1] * 8

    def test_leaves_an_empty_hidden_file_and_nothing_else(self, tmp_path):
        folder = tmp_path / "made" / "on the way"
        with writing_alone(folder):
            (folder / "result").touch()
        assert {path.name for path in folder.iterdir()} == {"result", LOCK}
        assert list(folder.glob("[!.]*")) == [folder / "result"]
        assert (folder / LOCK).read_bytes() == b""

    def test_folders_are_held_one_by_one(self, tmp_path, holder):
        assert holder.poll() is None
        with writing_alone(tmp_path / "another"):
            pass
