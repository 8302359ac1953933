import ctypes
import mmap

import pytest
import torch

from plmscope.activations.prefetch import prefetch


@pytest.fixture
def calls(monkeypatch):
    """What the system is asked for, with its answer."""
    madvise, made = ctypes.CDLL(None).madvise, []

    class Spy:
        def __init__(self, _):
            pass

        @staticmethod
        def madvise(begin, n_bytes, advice):
            made.append((begin.value, n_bytes.value, madvise(begin, n_bytes, advice)))

    monkeypatch.setattr("plmscope.activations.prefetch.ctypes.CDLL", Spy)
    return made


class TestPrefetch:
    def test_asks_for_the_pages_of_the_rows(self, tmp_path, calls):
        file = tmp_path / "rows"
        torch.arange(40_000, dtype=torch.float32).numpy().tofile(file)
        mapped = torch.from_file(str(file), size=40_000).view(-1, 10)
        rows = mapped[1500:3000]
        prefetch(rows)
        [(begin, n_bytes, answer)] = calls
        assert answer == 0
        assert begin % mmap.PAGESIZE == 0
        assert begin <= rows.data_ptr() < begin + mmap.PAGESIZE
        assert begin + n_bytes == rows.data_ptr() + rows.nbytes
        assert torch.equal(rows[0], torch.arange(15_000.0, 15_010.0))
