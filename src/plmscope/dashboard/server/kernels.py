"""Which kernels the dashboard's server keeps."""

import time

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer


class DashboardKernelManager(AsyncMappingKernelManager):
    """Ends kernels that nobody looks at: soon where no page is connected, late where one is idle.

    A page ends its kernel when it is left. What remains are those of browsers that crashed or lost
    the network, and of pages that were left open. Voilà never asks about a kernel that it keeps
    ready for the next visit. `voila.json` says how soon and how late.
    """

    cull_unconnected_timeout = Integer(
        120, help="Seconds after which a kernel without a page is ended."
    ).tag(config=True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._unconnected_since: dict[str, float] = {}
        self._connected_since: dict[str, float] = {}

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End the kernel if it has been without a page, or idle, for too long.

        Time counts from when the kernel was first seen without a page, or with one, not from the
        last activity alone: a kernel that was kept ready all night is idle, its first page takes a
        second to connect, and is connected before it has asked anything.

        Args:
            kernel_id: The kernel, called every `cull_interval` seconds.
        """
        kernel, now = self.kernel_model(kernel_id), time.monotonic()
        if kernel["connections"]:
            self._unconnected_since.pop(kernel_id, None)
            since = self._connected_since.setdefault(kernel_id, now)
            if now - since >= self.cull_idle_timeout:
                await super().cull_kernel_if_idle(kernel_id)
            return
        self._connected_since.pop(kernel_id, None)
        if kernel["execution_state"] != "idle":  # it may still be starting
            self._unconnected_since.pop(kernel_id, None)
            await super().cull_kernel_if_idle(kernel_id)
            return
        timeout = min(self.cull_unconnected_timeout, self.cull_idle_timeout)
        if now - self._unconnected_since.setdefault(kernel_id, now) >= timeout:
            self.log.info("Ending kernel %s: no page for %s seconds", kernel_id, timeout)
            await self.shutdown_kernel(kernel_id)
