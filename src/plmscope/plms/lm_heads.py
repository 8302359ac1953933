"""Masked-LM heads that this project fitted on encoders which come without one.

`heads/<plm>.safetensors` holds the weights (dense, layer norm, bias; the decoder is the encoder's
embedding), `heads/<plm>.json` says on which encoder, how, and how well. `scripts/fit_lm_head.py`
writes both.
"""

import json
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

FOLDER = Path(__file__).with_name("heads")


def find(encoder_revision: str) -> dict[str, Tensor] | None:
    """The weights of the head that was fitted on an encoder, or None.

    Args:
        encoder_revision: The `revision` of the PLM.
    """
    for description in sorted(FOLDER.glob("*.json")):
        if json.loads(description.read_text())["encoder_revision"] == encoder_revision:
            return load_file(description.with_suffix(".safetensors"))
    return None
