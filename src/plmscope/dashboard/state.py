"""What the dashboard is looking at."""

import traitlets

from plmscope.dashboard.data.run import DashboardData


class Selection(traitlets.HasTraits):
    """The run and the feature on screen; views observe it and redraw.

    Attributes:
        data: The tables of the run.
        feature: Its number, which the pages show.
    """

    data = traitlets.Instance(DashboardData)
    feature = traitlets.Int(0)
