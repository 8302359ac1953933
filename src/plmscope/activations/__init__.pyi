from .batches import BatchError as BatchError
from .batches import BatchMixing as BatchMixing
from .batches import BatchState as BatchState
from .batches import ShuffledBatches as ShuffledBatches
from .embedding import embedding_job as embedding_job
from .job import StoreJob as StoreJob
from .job import job_from_arrays as job_from_arrays
from .manifest import ActivationStoreError as ActivationStoreError
from .manifest import ShardRecord as ShardRecord
from .manifest import StoreManifest as StoreManifest
from .settings import EmbeddingSettings as EmbeddingSettings
from .store import ActivationBlock as ActivationBlock
from .store import ActivationStore as ActivationStore
from .writer import write_store as write_store

__all__ = [
    "ActivationBlock",
    "ActivationStore",
    "ActivationStoreError",
    "BatchError",
    "BatchMixing",
    "BatchState",
    "EmbeddingSettings",
    "ShardRecord",
    "ShuffledBatches",
    "StoreJob",
    "StoreManifest",
    "embedding_job",
    "job_from_arrays",
    "write_store",
]
