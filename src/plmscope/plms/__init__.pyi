from .base import ProteinLanguageModel as ProteinLanguageModel
from .errors import PlmError as PlmError
from .randomise import randomise_weights as randomise_weights
from .registry import load_plm as load_plm

__all__ = ["PlmError", "ProteinLanguageModel", "load_plm", "randomise_weights"]
