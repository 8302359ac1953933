from .app import build_app as build_app
from .app import open_app as open_app
from .data.run import DashboardData as DashboardData
from .data.run import Run as Run
from .data.run import find_runs as find_runs
