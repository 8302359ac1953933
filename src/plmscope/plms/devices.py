"""Whether there is such a device here, and such a float type."""

from plmscope.plms.errors import PlmError

DTYPES = ("float32", "bfloat16", "float16")


def check_device(device: str) -> None:
    """Refuse a device that torch does not know, or that is not here. Starts no device.

    Args:
        device: As torch names it, such as cpu, cuda or cuda:1.

    Raises:
        PlmError: Naming it, and what to set.
    """
    if device == "cpu":  # which is always there: no need to load torch
        return
    import torch

    try:
        asked = torch.device(device)
        n_devices = torch.get_device_module(asked.type).device_count()
    except (RuntimeError, TypeError) as error:
        raise PlmError(
            f"device: {device} is none that torch knows; set device: cpu or cuda in globals.yml"
        ) from error
    if (asked.index or 0) >= n_devices:
        raise PlmError(f"device: {device} is not available here; set device: cpu in globals.yml")


def check_dtype(dtype: str) -> None:
    """Refuse what is no float type for a PLM's weights.

    Args:
        dtype: As torch names it.

    Raises:
        PlmError: Naming it, and what to set.
    """
    if dtype not in DTYPES:
        raise PlmError(f"plm_dtype: {dtype} is none of {', '.join(DTYPES)}; set it in globals.yml")
