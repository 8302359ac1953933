"""Batches of sequences for one forward pass each."""

from collections.abc import Sequence


def length_sorted_batches(n_tokens: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Cut sequences into batches of similar length, so that little is padded.

    Args:
        n_tokens: Tokens of each sequence.
        max_tokens: Most tokens of a batch, padding included; a longer sequence is a batch of its
            own.

    Returns:
        Positions of the sequences of each batch; longest first, so that a lack of memory shows
        at once.
    """
    longest_first = sorted(range(len(n_tokens)), key=lambda position: -n_tokens[position])
    batches = []
    start = 0
    while start < len(longest_first):
        size = max(1, max_tokens // n_tokens[longest_first[start]])
        batches.append(longest_first[start : start + size])
        start += size
    return batches
