"""The node of a download."""

from __future__ import annotations

from plmscope import proteins


def name_download(settings: proteins.DownloadSettings) -> proteins.DownloadSettings:
    """Say what is to be fetched; saving it does so, as much of it as is not there yet.

    Args:
        settings: A query or a release file.

    Returns:
        The same.
    """
    return settings
