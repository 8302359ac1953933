import os
import signal
import subprocess
import sys

import pandas as pd
import pytest

from plmscope.proteins import HomologyError
from plmscope.proteins.homology import mmseqs


class TestSearchSequences:
    def test_the_prefilter_loses_no_homologue(self, monkeypatch, family):
        sequences = list(family.values())
        every_pair = mmseqs.search_sequences(sequences, sequences, min_identity=0.3)
        monkeypatch.setattr(mmseqs, "_MAX_PAIRS_ALIGNED", 0)
        filtered = mmseqs.search_sequences(sequences, sequences, min_identity=0.3)
        order = ["query", "target"]
        pd.testing.assert_frame_equal(
            filtered.sort_values(order, ignore_index=True),
            every_pair.sort_values(order, ignore_index=True),
        )

    @pytest.mark.parametrize("target", ["MGAGAGTAGAGSAGAGTGAGAGAGTAGAGAG", "GAT", "ACGTACGTACGT"])
    def test_proteins_of_few_letters_are_proteins(self, target):
        """Regression: MMseqs2 guessed nucleotides, and stopped."""
        query = "MWGDPQYQKIALIVQWVYVPYYSATTKCDD"
        assert mmseqs.search_sequences([query], [target]).empty
        assert mmseqs.search_sequences([target], [query]).empty

    def test_a_failure_is_told(self, monkeypatch):
        monkeypatch.setattr(mmseqs, "get_mmseqs_binary", lambda: "false")
        with pytest.raises(HomologyError, match="exit code 1"):
            mmseqs.search_sequences(["MKTA"], ["MKTA"])

    def test_leaves_nothing_behind_and_prints_nothing(self, tmp_path, monkeypatch, capfd, family):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        mmseqs.search_sequences([family["A1"]], [family["A2"]])
        assert list(tmp_path.iterdir()) == []
        assert capfd.readouterr() == ("", "")

    def test_a_killed_run_ends_it_and_the_next_removes_its_files(self, tmp_path, monkeypatch):
        """Regression: MMseqs2 ran on after a killed run, and its files stayed."""
        scratch, pipe, slow = tmp_path / "tmp", tmp_path / "pipe", tmp_path / "mmseqs"
        scratch.mkdir()
        os.mkfifo(pipe)
        slow.write_text(f"#!/bin/sh\nexec 9>{pipe}; sleep 60 & sleep 60\n")
        slow.chmod(0o700)
        code = (
            "from plmscope.proteins.homology import mmseqs\n"
            f"mmseqs.get_mmseqs_binary = lambda: {str(slow)!r}\n"
            "mmseqs.search_sequences(['MKTA'], ['MKTA'])"
        )
        run = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"TMPDIR": scratch})
        with pipe.open("rb") as held:  # opens when the program does
            run.send_signal(signal.SIGKILL)
            run.wait()
            assert held.read() == b""  # returns when no process holds the other end
        assert len(list(scratch.iterdir())) == 1
        monkeypatch.setattr("tempfile.tempdir", str(scratch))
        mmseqs.search_sequences(["MKTA"], ["MKTA"])
        assert list(scratch.iterdir()) == []
