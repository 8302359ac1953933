from .running import Advance as Advance
from .running import Task as Task
from .running import TaskError as TaskError
from .running import TaskResult as TaskResult
from .running import check_executor as check_executor
from .running import run_tasks as run_tasks
from .settings import ExecutorSettings as ExecutorSettings
