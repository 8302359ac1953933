"""A Voilà server, as the documented command starts it, and a browser to visit it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

PATIENCE_S = 90  # the kernel starts on a machine that runs other tests, too
N_PORTS = 3  # to try: one that is free may be taken by another process before Voilà binds it

expect.set_options(timeout=30_000)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Voilà over a data root, started in the project's folder.

    Args:
        project: The project's folder.
        data_root: What PLMSCOPE_DATA_ROOT says.
        options: More options of the command.
        notebook: What it shows.
    """

    def __init__(
        self,
        project: Path,
        data_root: Path,
        *options: str,
        notebook: str | Path = "notebooks/dashboard.ipynb",
    ) -> None:
        self._project, self._data_root, self._options = project, data_root, options
        self._notebook = str(notebook)
        for _ in range(N_PORTS):
            self._port = free_port()
            if self.start():
                return
        raise ChildProcessError(f"voila ended on each of {N_PORTS} ports")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> bool:
        """Start it, and wait until it answers; a static file is answered without a kernel.

        Returns:
            Whether it did; not if it ended, as where its port was taken meanwhile.

        Raises:
            TimeoutError: It neither answers nor ends.
        """
        command = ["-m", "voila", self._notebook, "--no-browser"]
        self._process = subprocess.Popen(
            [
                sys.executable,
                *command,
                f"--port={self._port}",
                "--Voila.port_retries=0",
                *self._options,
            ],
            cwd=self._project,
            env=os.environ
            | {
                "JUPYTER_PATH": "notebooks/jupyter",
                "PLMSCOPE_DATA_ROOT": str(self._data_root),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            try:
                urllib.request.urlopen(f"{self.url}/voila/static/voila.js", timeout=2).close()
            except (URLError, TimeoutError):
                time.sleep(0.2)
            else:
                return True
        self._process.kill()
        raise TimeoutError(f"voila did not answer at {self.url}")

    def end(self) -> None:
        """Tell it to stop."""
        self._process.terminate()

    def stop(self) -> None:
        """Stop it with its kernels."""
        self.end()
        self._process.wait(60)

    def kernels(self) -> set[int]:
        """The process ids of its kernels."""
        listing = subprocess.run(
            ["ps", "--ppid", str(self._process.pid), "-o", "pid=,args="],
            capture_output=True,
            text=True,
        ).stdout
        return {int(row.split()[0]) for row in listing.splitlines() if "ipykernel" in row}

    def wait_for_kernels(self, n_kernels: int, stays_s: float = 1) -> None:
        """Until it has so many kernels, for a while: one that is kept ready may be on its way."""
        deadline, since = time.monotonic() + 30, time.monotonic()
        while time.monotonic() - since < stays_s:
            if len(self.kernels()) != n_kernels:
                since = time.monotonic()
            assert time.monotonic() < deadline, f"{len(self.kernels())} kernels, not {n_kernels}"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def start_server(project: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(data_root: Path, *options: str, **notebook: str | Path) -> Server:
        servers.append(Server(project, data_root, *options, **notebook))
        return servers[-1]

    yield start
    for server in servers:
        server.end()
    for server in servers:  # they end at the same time
        server.stop()


@pytest.fixture(scope="session")
def server(start_server: Callable[..., Server], data_root: Path) -> Server:
    """As the documented command starts it."""
    return start_server(data_root)


class Visit:
    """A page, and what it fetched and complained about on the way.

    Args:
        context: The browser.
        url: What to open.
        script: What the page runs first.
    """

    def __init__(self, context: BrowserContext, url: str, script: str = "") -> None:
        self.page: Page = context.new_page()
        self.page.add_init_script(script)
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        self.page.goto(url)
        self.wait()

    def close(self) -> None:
        """Close the tab, as a person does: the page is told."""
        self.page.close(run_before_unload=True)

    def wait(self) -> None:
        """Until the dashboard is there, or says why not."""
        self.page.wait_for_selector(".plmscope-body, .plmscope-message")

    def requests_to_other_machines(self) -> list[str]:
        """Every URL asked for that is neither inline nor on this machine."""
        return [
            url
            for url in self.requests
            if urlparse(url).scheme not in ("data", "blob")
            and urlparse(url).hostname not in ("127.0.0.1", "localhost")
        ]


@pytest.fixture(scope="session")
def open_page(browser: Browser) -> Callable[..., Visit]:
    """Visit a URL, in a browser without cookies or as another tab of a visit."""

    def visit(url: str, beside: Visit | None = None, script: str = "") -> Visit:
        viewport = {"width": 1400, "height": 900}
        context = beside.page.context if beside else browser.new_context(viewport=viewport)
        return Visit(context, url, script)

    return visit
