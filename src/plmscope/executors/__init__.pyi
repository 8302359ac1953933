from .running import TaskError as TaskError
from .running import run_tasks as run_tasks
from .settings import ExecutorSettings as ExecutorSettings
