from .counting import OverlapCounts as OverlapCounts
from .counting import count_overlaps as count_overlaps
from .errors import ConceptTableError as ConceptTableError
from .errors import CountsMismatchError as CountsMismatchError
from .labels import ConceptLabels as ConceptLabels
from .settings import CountingSettings as CountingSettings
from .settings import ScoringSettings as ScoringSettings

__all__ = [
    "ConceptLabels",
    "ConceptTableError",
    "CountingSettings",
    "CountsMismatchError",
    "OverlapCounts",
    "ScoringSettings",
    "count_overlaps",
]
