"""Where the dashboard looks for data."""

import os
from pathlib import Path

VARIABLE = "PLMSCOPE_DATA_ROOT"


def default_data_root() -> Path:
    """The folder that PLMSCOPE_DATA_ROOT names, or the project's `data`.

    Returns:
        An absolute path. A relative PLMSCOPE_DATA_ROOT counts from where the command was given, not
        from the notebook's folder, where the server puts its kernels.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return (_command_folder() / Path(named).expanduser()).resolve()
    return project_folder() / "data"


def _command_folder() -> Path:
    """Where the process was started, or in a kernel where its server was."""
    server = os.environ.get("JPY_PARENT_PID")
    if server is None:
        return Path.cwd()
    process = Path(f"/proc/{server}/cwd")  # on Linux; elsewhere we trust what the shell said
    return process.resolve() if process.exists() else Path(os.environ["PWD"])


def project_folder() -> Path:
    """The nearest folder at or above this one that holds a project."""
    here = Path.cwd()
    candidates = (here, *here.parents)
    return next((folder for folder in candidates if (folder / "pyproject.toml").exists()), here)
