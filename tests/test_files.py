"""Tests of writing under a temporary name."""

import hashlib

import pytest

from plmscope.files import sha256_of_file, write_then_rename


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


def test_sha256_of_file(tmp_path):
    path = tmp_path / "bytes"
    path.write_bytes(b"MKTAYIAK")
    assert sha256_of_file(path) == hashlib.sha256(b"MKTAYIAK").hexdigest()
