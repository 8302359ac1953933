"""The largest resident memory of this process, since a moment or since its start."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_PEAK = "5"
"""What Linux wants to be told to forget the peak (proc(5))."""
_forgotten = [0.0]
"""The peak before the last restart."""


def restart_peak() -> None:
    """Measure the peak from now on; elsewhere than on Linux it stays that since the start."""
    _forgotten[0] = peak_since_start_gb()
    with suppress(OSError):
        _CLEAR.write_text(_PEAK)


def peak_since_start_gb() -> float:
    """The peak since this process began, in GB of 10^9 bytes."""
    return max(_forgotten[0], peak_gb())


def peak_gb() -> float:
    """The peak since the last restart, in GB of 10^9 bytes, of this process alone."""
    with suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
