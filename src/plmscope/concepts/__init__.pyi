from .counting import count_overlaps as count_overlaps
from .counts import OverlapCounts as OverlapCounts
from .errors import ConceptTableError as ConceptTableError
from .errors import CountsMismatchError as CountsMismatchError
from .labels import ConceptLabels as ConceptLabels
from .report import best_pairs as best_pairs
from .report import report_concepts as report_concepts
from .report import summarise as summarise
from .scores import score_pairs as score_pairs
from .settings import CountingSettings as CountingSettings
from .settings import ScoringSettings as ScoringSettings

__all__ = [
    "ConceptLabels",
    "ConceptTableError",
    "CountingSettings",
    "CountsMismatchError",
    "OverlapCounts",
    "ScoringSettings",
    "best_pairs",
    "count_overlaps",
    "report_concepts",
    "score_pairs",
    "summarise",
]
