"""Copies of remote files; the remote is fsspec's memory."""

import os
import re
from uuid import uuid4

import pytest

from plmscope.disk.cache import FileCache
from plmscope.disk.places import ObjectStorageError, as_path


@pytest.fixture
def remote():
    """Four files of 100 bytes each."""
    folder = as_path(f"memory://{uuid4().hex}")
    for name in "abcd":
        (folder / name).write_bytes(name.encode() * 100)
    return folder


@pytest.fixture
def cache(tmp_path):
    """Two of them fit."""
    return FileCache(tmp_path, 250e-9)


def read(cache, path):
    with cache.held(path) as copy:
        return copy.read_bytes()


def held(cache):
    return {path.name for path in cache.folder.glob("*/[a-d]")}


def let_be_read_at(cache, path, seconds):
    with cache.held(path) as copy:
        os.utime(copy, (seconds, seconds))


class TestHeld:
    def test_is_a_copy_that_is_kept(self, cache, remote):
        assert read(cache, remote / "a") == b"a" * 100
        (remote / "a").unlink()
        assert read(cache, remote / "a") == b"a" * 100

    def test_what_was_not_read_for_longest_makes_room(self, cache, remote):
        for name, seconds in (("a", 2), ("b", 1)):
            let_be_read_at(cache, remote / name, seconds)
        assert read(cache, remote / "c") == b"c" * 100
        assert held(cache) == {"a", "c"}

    def test_what_is_being_read_is_never_removed(self, cache, remote):
        with cache.held(remote / "a") as copy:
            os.utime(copy, (0, 0))
            for name in "bcd":
                read(cache, remote / name)
            assert copy.read_bytes() == b"a" * 100
            assert held(cache) == {"a", "d"}

    def test_files_of_one_name_in_two_folders_are_two(self, cache, remote):
        (remote / "below/a").write_bytes(b"another")
        assert [read(cache, remote / name) for name in ("a", "below/a")] == [b"a" * 100, b"another"]

    def test_leaves_nothing_of_what_cannot_be_fetched(self, cache, remote, monkeypatch):
        def fail(*_):
            raise OSError("the line is dead")

        monkeypatch.setattr(remote.fs, "get_file", fail)
        with pytest.raises(ObjectStorageError, match="the line is dead"):
            read(cache, remote / "a")
        assert [path for path in cache.folder.glob("*/*") if not path.name.endswith(".lock")] == []

    def test_file_that_is_not_there_is_told(self, cache, remote):
        with pytest.raises(FileNotFoundError):
            read(cache, remote / "e")

    def test_file_that_does_not_fit_is_refused(self, cache, remote):
        (remote / "a").write_bytes(b"a" * 300)
        sentence = re.escape("which do not fit into a cache of 2.5e-07 GB: raise store_cache_gb")
        with pytest.raises(ObjectStorageError, match=sentence):
            read(cache, remote / "a")

    def test_dropped_copy_is_fetched_again(self, cache, remote):
        read(cache, remote / "a")
        (remote / "a").write_bytes(b"new")
        cache.drop(remote / "a")
        assert read(cache, remote / "a") == b"new"
