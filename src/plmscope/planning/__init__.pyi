from .plan import Corpus as Corpus
from .plan import Job as Job
from .plan import make_plan as make_plan
from .plan import too_little_disk as too_little_disk
from .settings import PlanSettings as PlanSettings
from .speeds import Speeds as Speeds
from .speeds import measure_speeds as measure_speeds
