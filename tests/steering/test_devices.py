"""Where an SAE and its PLM are is where edits are made: on a GPU that is not there."""

import torch
from torch._subclasses import FakeTensorMode

from plmscope.saes import make_sae
from plmscope.steering import ablate
from plmscope.steering.edits import steering_delta

CONFIG = {"architecture": "topk", "d_model": 4, "d_sae": 8, "k": 2}


def test_an_sae_on_the_cpu_edits_activations_on_a_gpu():
    with FakeTensorMode():
        sae, x = make_sae(CONFIG), torch.zeros(6, 4, device="cuda")
        assert steering_delta(x, [ablate(3)], sae, 6).device == x.device


def test_half_precision_activations_stay_so():
    sae, x = make_sae(CONFIG), torch.zeros(6, 4, dtype=torch.bfloat16)
    assert steering_delta(x, [ablate(3)], sae, 6).dtype == torch.bfloat16
