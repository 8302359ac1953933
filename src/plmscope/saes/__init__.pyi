from .architectures.batch_topk import BatchTopKConfig as BatchTopKConfig
from .architectures.batch_topk import BatchTopKSAE as BatchTopKSAE
from .architectures.jumprelu import JumpReLUConfig as JumpReLUConfig
from .architectures.jumprelu import JumpReLUSAE as JumpReLUSAE
from .architectures.layer_norm_topk import LayerNormTopKConfig as LayerNormTopKConfig
from .architectures.layer_norm_topk import LayerNormTopKSAE as LayerNormTopKSAE
from .architectures.matryoshka import MatryoshkaConfig as MatryoshkaConfig
from .architectures.matryoshka import MatryoshkaSAE as MatryoshkaSAE
from .architectures.relu import ReLUConfig as ReLUConfig
from .architectures.relu import ReLUSAE as ReLUSAE
from .architectures.topk import TopKConfig as TopKConfig
from .architectures.topk import TopKSAE as TopKSAE
from .base import SAE as SAE
from .base import SparseFeatures as SparseFeatures
from .baselines.identity import IdentityConfig as IdentityConfig
from .baselines.identity import IdentitySAE as IdentitySAE
from .baselines.pca import PCASAE as PCASAE
from .baselines.pca import PCAConfig as PCAConfig
from .baselines.random_topk import RandomConfig as RandomConfig
from .baselines.random_topk import RandomSAE as RandomSAE
from .compatibility import check_compatible as check_compatible
from .compatibility import fingerprint as fingerprint
from .config import Provenance as Provenance
from .config import SAEConfig as SAEConfig
from .errors import CheckpointError as CheckpointError
from .errors import CheckpointMismatch as CheckpointMismatch
from .files.checkpoint import save_sae as save_sae
from .files.hub import push_sae as push_sae
from .files.interplm import Architecture as Architecture
from .files.interplm import load_interplm as load_interplm
from .files.interplm import sae_from_interplm as sae_from_interplm
from .files.interplm import to_interplm as to_interplm
from .files.loading import load_sae as load_sae
from .input_statistics import InputStatistics as InputStatistics
from .input_statistics import estimate_input_statistics as estimate_input_statistics
from .input_statistics import log_input_statistics as log_input_statistics
from .registry import ARCHITECTURES as ARCHITECTURES
from .registry import AnySAEConfig as AnySAEConfig
from .registry import make_sae as make_sae
from .registry import parse_sae_config as parse_sae_config

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
