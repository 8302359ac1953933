"""What the `config.json` of an ESM says about its shape; needs neither torch nor transformers."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, PositiveInt

from plmscope.plms.description import PlmDescription

N_SPECIAL_TOKENS = 2  # CLS before and EOS after the residues
PADDING = 1  # its index, where the file names none


class _EsmConfig(BaseModel):
    """The keys that are needed; there are more. Defaults are transformers' own."""

    num_hidden_layers: PositiveInt
    hidden_size: PositiveInt
    num_attention_heads: PositiveInt = 12
    intermediate_size: PositiveInt = 3072
    max_position_embeddings: PositiveInt
    vocab_size: PositiveInt
    pad_token_id: int | None = None
    position_embedding_type: Literal["absolute", "rotary"] = "absolute"


def describe_esm(plm_id: str, config: Mapping[str, Any]) -> PlmDescription:
    """The shape of an ESM.

    Args:
        plm_id: Its name.
        config: Its `config.json`.

    Raises:
        ValidationError: A key is missing, or no number.
    """
    read = _EsmConfig.model_validate(config)
    padding = PADDING if read.pad_token_id is None else read.pad_token_id
    n_positions = read.max_position_embeddings - padding - 1  # they start after the padding's
    return PlmDescription(
        plm_id=plm_id,
        n_layers=read.num_hidden_layers,
        d_model=read.hidden_size,
        max_residues=n_positions - N_SPECIAL_TOKENS,
    )
