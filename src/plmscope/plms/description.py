"""What is known of a protein language model without its weights."""

from typing import NamedTuple


class PlmDescription(NamedTuple):
    """The shape of a protein language model.

    Attributes:
        plm_id: Its name, as in `ProteinLanguageModel`.
        n_layers: Number of blocks; layer 0 is the embedding, layer n the output of block n.
        d_model: Width of an activation.
        max_residues: The longest sequence it takes.
    """

    plm_id: str
    n_layers: int
    d_model: int
    max_residues: int
