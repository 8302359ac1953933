from .errors import HomologyError as HomologyError
from .errors import ProteinTableError as ProteinTableError

__all__ = [
    "HomologyError",
    "ProteinTableError",
]
