from .base import ProteinLanguageModel as ProteinLanguageModel
from .description import PlmDescription as PlmDescription
from .devices import check_device as check_device
from .devices import check_dtype as check_dtype
from .errors import PlmError as PlmError
from .randomise import randomise_weights as randomise_weights
from .registry import describe_plm as describe_plm
from .registry import load_plm as load_plm
