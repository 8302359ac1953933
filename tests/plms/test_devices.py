import pytest
import torch

from plmscope.plms import PlmError, check_device, check_dtype
from plmscope.plms.devices import DTYPES


class TestCheckDevice:
    @pytest.mark.parametrize("device", ["cpu", "cpu:0"])
    def test_cpu_is_always_there(self, device):
        check_device(device)

    @pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:1", "mps", "xpu"])
    def test_absent_device_is_refused_with_what_to_set(self, device, monkeypatch):
        for kind in ("cuda", "mps", "xpu"):
            monkeypatch.setattr(torch.get_device_module(kind), "device_count", lambda: 0)
        with pytest.raises(PlmError) as told:
            check_device(device)
        assert str(told.value) == (
            f"device: {device} is not available here; set device: cpu in globals.yml"
        )

    def test_number_counts_the_devices_that_are_there(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        for device in ("cuda", "cuda:0", "cuda:1"):
            check_device(device)
        with pytest.raises(PlmError, match="cuda:2 is not available here"):
            check_device("cuda:2")

    @pytest.mark.parametrize("device", ["gpu", "CUDA", "", "cuda:x", "meta", "hip", None])
    def test_unknown_device_is_refused(self, device):
        with pytest.raises(
            PlmError, match=f"device: {device} is none that torch knows; set device"
        ):
            check_device(device)


class TestCheckDtype:
    @pytest.mark.parametrize("dtype", ["fp16", "int8", "", "Float32"])
    def test_refuses_what_is_no_float_type(self, dtype):
        with pytest.raises(PlmError, match=f"plm_dtype: {dtype} is none of float32"):
            check_dtype(dtype)

    def test_takes_those_that_are(self):
        for dtype in DTYPES:
            check_dtype(dtype)
