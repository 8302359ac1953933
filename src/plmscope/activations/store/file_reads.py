"""Reading stretches of files from all over a store, as fast as the disk can give them.

Sequential reading leaves the looking ahead to the system. For scattered stretches it is done here:
several are asked for at once, so that the disk never waits, and several threads fetch them. They
read the files rather than a mapping of them, in which they would wait for each other's page faults.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.activations.store.manifest import ActivationStoreError

N_READERS = 4  # one alone is slower even on a local disk
STRETCHES_AT_ONCE = 64  # asked for together; as many files may be open


class Stretch(NamedTuple):
    """Rows of a file and where they go.

    Attributes:
        path: Where it is.
        begin: Its byte where the rows begin.
        dtype: Of the rows in the file.
        out: Contiguous.
    """

    path: Path
    begin: int
    dtype: torch.dtype
    out: Float[Tensor, "n_rows d_model"]


def read_stretches(stretches: Sequence[Stretch]) -> None:
    """Fill all tensors.

    Raises:
        ActivationStoreError: A file ends too early.
    """
    with ThreadPoolExecutor(N_READERS) as readers:
        for start in range(0, len(stretches), STRETCHES_AT_ONCE):
            _read_together(stretches[start : start + STRETCHES_AT_ONCE], readers)


def _read_together(stretches: Sequence[Stretch], readers: ThreadPoolExecutor) -> None:
    with ExitStack() as stack:
        files = {
            path: stack.enter_context(path.open("rb", buffering=0)).fileno()
            for path in {stretch.path for stretch in stretches}
        }
        reads = []
        for stretch in stretches:
            file = files[stretch.path]
            _ask_for(file, stretch)
            reads.append(readers.submit(_read, file, stretch))
        wait(reads)  # all of them, before a file is closed, even if one has failed
    for read in reads:
        read.result()


def _ask_for(file: int, stretch: Stretch) -> None:
    """Let the system begin to read; returns at once."""
    if hasattr(os, "posix_fadvise"):  # it is only ever a hint
        n_bytes = stretch.out.numel() * stretch.dtype.itemsize
        os.posix_fadvise(file, stretch.begin, n_bytes, os.POSIX_FADV_WILLNEED)


@torch.inference_mode()  # the mode of the one who asks is not that of the threads that read
def _read(file: int, stretch: Stretch) -> None:
    out = stretch.out
    is_direct = out.dtype == stretch.dtype
    stored = out if is_direct else torch.empty(out.shape, dtype=stretch.dtype)
    n_read = os.preadv(file, [stored.view(torch.uint8).numpy().data], stretch.begin)
    if n_read != stored.nbytes:
        raise ActivationStoreError(
            f"{stretch.path} ends {stored.nbytes - n_read} bytes too early: it was changed since it"
            " was opened. Compute it again with: kedro run --pipelines embedding"
        )
    if not is_direct:
        out.copy_(stored)
