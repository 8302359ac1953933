from .app import build_app as build_app
from .app import open_app as open_app
from .data import DashboardData as DashboardData
from .data import Run as Run
from .data import find_runs as find_runs
