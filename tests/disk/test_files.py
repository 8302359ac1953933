"""Tests of writing under a temporary name, of seals and of hashes."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time

import pytest

from plmscope.disk.files import (
    read_sealed_json,
    remove_leftovers,
    scratch_folder,
    sha256_of_file,
    sha256_of_json,
    write_sealed_json,
    write_then_rename,
)
from plmscope.errors import DamagedFileError


class TestWriteThenRename:
    def test_a_file_appears_only_when_complete(self, tmp_path):
        target = tmp_path / "folder" / "table.txt"
        with write_then_rename(target) as temporary:
            temporary.write_text("whole")
            assert not target.exists()
        assert target.read_text() == "whole"
        assert list(target.parent.iterdir()) == [target]

    def test_an_error_leaves_the_old_file_and_no_rubbish(self, tmp_path):
        target = tmp_path / "table.txt"
        target.write_text("old")
        with pytest.raises(ZeroDivisionError), write_then_rename(target) as temporary:
            temporary.write_text(f"ha{1 / 0}")
        assert target.read_text() == "old"
        assert list(tmp_path.iterdir()) == [target]

    def test_a_folder_replaces_a_folder(self, tmp_path):
        target = tmp_path / "checkpoint"
        for content in ("old", "new"):
            with write_then_rename(target) as temporary:
                temporary.mkdir()
                (temporary / content).write_text(content)
        assert [path.name for path in target.iterdir()] == ["new"]


class TestLeftovers:
    def test_of_a_dead_process_go_and_those_of_a_living_one_stay(self, tmp_path):
        target = tmp_path / "table.txt"
        with write_then_rename(target) as living:
            living.touch()
            dead = living.with_name(living.name.replace(f"-{os.getpid()}-", "-999999999-"))
            dead.touch()
            with write_then_rename(target) as temporary:  # another writer, beside the first
                temporary.touch()
                assert living.exists()
                assert not dead.exists()

    def test_of_a_killed_process_go(self, tmp_path):
        """A real `kill -9` while a file is half written."""
        code = (
            "import os, sys; from pathlib import Path"
            "\nfrom plmscope.disk.files import write_then_rename"
            "\nwith write_then_rename(Path(sys.argv[1])) as half:"
            "\n    half.write_text('half'); os.kill(os.getpid(), 9)"
        )
        target = tmp_path / "table.txt"
        killed = subprocess.run([sys.executable, "-c", code, str(target)])
        assert killed.returncode == -9
        (left,) = tmp_path.iterdir()
        assert left.read_text() == "half"
        remove_leftovers(tmp_path.iterdir())
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(("hours", "stays"), [(1, True), (25, False)])
    def test_of_another_machine_go_after_a_day(self, tmp_path, hours, stays):
        path = tmp_path / ".table.txt.elsewhere-1-0a1b2c3d.tmp"
        path.touch()
        os.utime(path, times=(time.time() - 3600 * hours,) * 2)
        remove_leftovers([path])
        assert path.exists() == stays

    @pytest.mark.parametrize("name", ["table.txt", ".lock", ".hidden.tmp", "shard-00001"])
    def test_other_files_stay(self, tmp_path, name):
        path = tmp_path / name
        path.touch()
        os.utime(path, times=(0, 0))
        remove_leftovers([path])
        assert path.exists()


class TestScratchFolder:
    def test_is_removed_at_the_end_and_after_an_error(self):
        with pytest.raises(ZeroDivisionError), scratch_folder() as folder:
            (folder / "file").write_text(f"ha{1 / 0}")
        assert not folder.exists()

    def test_is_private(self):
        with scratch_folder() as folder:
            assert folder.stat().st_mode & 0o777 == 0o700


CONTENT = {"name": "τ", "values": [1, 2.5, None], "nested": {"b": 1, "a": [True]}}


class TestSealedJson:
    def test_is_read_as_it_was_written(self, tmp_path):
        path = tmp_path / "note.json"
        write_sealed_json(path, CONTENT)
        assert read_sealed_json(path, "") == CONTENT
        assert json.loads(path.read_text()).keys() == {*CONTENT, "sha256"}

    def test_a_flipped_bit_changes_nothing_or_is_told(self, tmp_path):
        path = tmp_path / "note.json"
        write_sealed_json(path, CONTENT)
        sound, complaints = path.read_bytes(), []
        for place in range(0, 8 * len(sound), 7):  # every bit of a byte comes by
            harmed = bytearray(sound)
            harmed[place // 8] ^= 1 << place % 8
            path.write_bytes(harmed)
            try:
                assert read_sealed_json(path, "Make it again.") == CONTENT
            except DamagedFileError as error:
                complaints.append(str(error))
        assert len(complaints) > len(sound)
        assert all(re.search(r"note\.json is damaged.* again\.", each) for each in complaints)

    @pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "{}", '{"name": "τ"}'])
    def test_what_was_never_sealed_is_refused(self, tmp_path, text):
        path = tmp_path / "note.json"
        path.write_text(text)
        with pytest.raises(DamagedFileError, match=r"note\.json"):
            read_sealed_json(path, "")

    def test_missing_one_is_no_damage(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            read_sealed_json(tmp_path / "note.json", "")


class TestHashes:
    def test_of_a_file_is_that_of_its_bytes(self, tmp_path):
        path = tmp_path / "bytes"
        path.write_bytes(b"MKTAYIAK")
        assert sha256_of_file(path) == hashlib.sha256(b"MKTAYIAK").hexdigest()

    def test_of_json_does_not_hang_on_the_order_of_keys(self):
        assert sha256_of_json({"a": 1, "b": 2}) == sha256_of_json({"b": 2, "a": 1})
        assert sha256_of_json([1, 2]) != sha256_of_json([2, 1])
        assert sha256_of_json(["a", "b"]) != sha256_of_json(["a"], ["b"])
