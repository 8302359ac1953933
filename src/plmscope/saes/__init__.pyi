from .base import SAE as SAE
from .base import SparseFeatures as SparseFeatures
from .batch_topk import BatchTopKConfig as BatchTopKConfig
from .batch_topk import BatchTopKSAE as BatchTopKSAE
from .checkpoint import save_sae as save_sae
from .compatibility import check_compatible as check_compatible
from .compatibility import fingerprint as fingerprint
from .config import ARCHITECTURES as ARCHITECTURES
from .config import AnySAEConfig as AnySAEConfig
from .config import Provenance as Provenance
from .config import SAEConfig as SAEConfig
from .config import parse_sae_config as parse_sae_config
from .errors import CheckpointError as CheckpointError
from .errors import CheckpointMismatch as CheckpointMismatch
from .hub import push_sae as push_sae
from .identity import IdentityConfig as IdentityConfig
from .identity import IdentitySAE as IdentitySAE
from .input_statistics import InputStatistics as InputStatistics
from .input_statistics import estimate_input_statistics as estimate_input_statistics
from .input_statistics import log_input_statistics as log_input_statistics
from .interplm import Architecture as Architecture
from .interplm import load_interplm as load_interplm
from .interplm import sae_from_interplm as sae_from_interplm
from .interplm import to_interplm as to_interplm
from .jumprelu import JumpReLUConfig as JumpReLUConfig
from .jumprelu import JumpReLUSAE as JumpReLUSAE
from .layer_norm_topk import LayerNormTopKConfig as LayerNormTopKConfig
from .layer_norm_topk import LayerNormTopKSAE as LayerNormTopKSAE
from .loading import load_sae as load_sae
from .matryoshka import MatryoshkaConfig as MatryoshkaConfig
from .matryoshka import MatryoshkaSAE as MatryoshkaSAE
from .pca import PCASAE as PCASAE
from .pca import PCAConfig as PCAConfig
from .random_topk import RandomConfig as RandomConfig
from .random_topk import RandomSAE as RandomSAE
from .registry import make_sae as make_sae
from .relu import ReLUConfig as ReLUConfig
from .relu import ReLUSAE as ReLUSAE
from .topk import TopKConfig as TopKConfig
from .topk import TopKSAE as TopKSAE

__all__ = [
    "ARCHITECTURES",
    "PCASAE",
    "SAE",
    "AnySAEConfig",
    "Architecture",
    "BatchTopKConfig",
    "BatchTopKSAE",
    "CheckpointError",
    "CheckpointMismatch",
    "IdentityConfig",
    "IdentitySAE",
    "InputStatistics",
    "JumpReLUConfig",
    "JumpReLUSAE",
    "LayerNormTopKConfig",
    "LayerNormTopKSAE",
    "MatryoshkaConfig",
    "MatryoshkaSAE",
    "PCAConfig",
    "Provenance",
    "RandomConfig",
    "RandomSAE",
    "ReLUConfig",
    "ReLUSAE",
    "SAEConfig",
    "SparseFeatures",
    "TopKConfig",
    "TopKSAE",
    "check_compatible",
    "estimate_input_statistics",
    "fingerprint",
    "load_interplm",
    "load_sae",
    "log_input_statistics",
    "make_sae",
    "parse_sae_config",
    "push_sae",
    "sae_from_interplm",
    "save_sae",
    "to_interplm",
]
