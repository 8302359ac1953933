"""Letting the system begin to read mapped rows before they are used."""

import ctypes
import mmap

from jaxtyping import Float
from torch import Tensor


def prefetch(rows: Float[Tensor, "n_rows d_model"]) -> None:
    """Ask for rows of a mapped file; returns at once.

    Rows that are met for the first time while they are copied are read a little at a time, each
    wait for the disk after the other. torch's maps have no method for this, so that the system is
    called directly, where it has the call.
    """
    if not hasattr(mmap, "MADV_WILLNEED"):
        return
    begin = rows.data_ptr() // mmap.PAGESIZE * mmap.PAGESIZE
    n_bytes = rows.data_ptr() + rows.nbytes - begin
    ctypes.CDLL(None).madvise(ctypes.c_void_p(begin), ctypes.c_size_t(n_bytes), mmap.MADV_WILLNEED)
