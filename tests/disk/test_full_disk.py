"""A disk that is full, or may not be written: real file systems, of a few kilobytes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from plmscope.disk.files import write_then_rename

SCRIPT = Path(__file__).with_name("small_disk.py")
MOUNT = 'mount -t tmpfs -o size=48k none "$1" && shift && exec "$@"'


class TestASmallFileSystem:
    @pytest.fixture(scope="class")
    def told(self, project, tmp_path_factory):
        """What four runs said, on 48 kB, on 760 kB, on the same read-only, and on 8 MB."""
        root = tmp_path_factory.mktemp("small")
        mounted = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(root)]
        if subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode:
            pytest.skip("this machine lets nobody mount a file system of their own (unshare -rm)")
        done = subprocess.run(
            [*mounted, sys.executable, str(SCRIPT), str(root), str(project)],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    def test_full_while_tables_are_written(self, told):
        assert "parquet cannot be written (No space left on device). Make room" in told[0]["said"]
        assert told[0]["shards"] == []

    def test_full_while_shards_are_written_keeps_what_is_finished(self, told):
        assert "safetensors cannot be written (No space left on device)" in told[1]["said"]
        assert told[1]["shards"] == ["shard-00000.safetensors"]

    def test_read_only_is_told_before_anything_is_computed(self, told):
        assert told[2]["said"].startswith("The run cannot write into ")
        assert "(Read-only file system). Name another folder" in told[2]["said"]

    def test_with_room_the_same_command_finishes(self, told):
        assert told[3]["said"] == "finished"
        assert told[3]["shards"] == ["shard-00000.safetensors", "shard-00001.safetensors"]

    def test_nothing_is_half_written(self, told):
        assert [run["torn"] for run in told] == [[]] * 4


LIMITED = """
import resource, sys
from pathlib import Path
from plmscope.disk.files import write_then_rename

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with write_then_rename(Path(sys.argv[1])) as temporary:
        temporary.write_text("new" * 1000)
except Exception as error:
    print(error)
"""


class TestALimit:
    def test_of_a_files_size_leaves_what_was_there(self, tmp_path):
        """As a quota does; anybody may set it, where nobody may mount."""
        path = tmp_path / "table.txt"
        path.write_text("old")
        line = [sys.executable, "-c", LIMITED, str(path)]
        done = subprocess.run(line, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"{path} cannot be written (File too large). Make room")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_another_error_is_not_taken_for_one(self, tmp_path):
        with pytest.raises(FileNotFoundError), write_then_rename(tmp_path / "x") as temporary:
            temporary.with_name("nowhere").read_text()
