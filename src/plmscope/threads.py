"""Work of libraries that let other threads run meanwhile, several items at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_threads(do: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What becomes of each item, in their order, as many at a time as torch has threads.

    Args:
        do: May be called from several threads at once, and depends on its item alone.
        items: All are taken at once.

    Raises:
        Exception: What an item raised; those that have not begun by then are left out.
    """
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        yield from pool.map(do, items)
