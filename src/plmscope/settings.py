"""Kedro's project settings."""

import os

from kedro.config import OmegaConfigLoader
from omegaconf.resolvers import oc

from plmscope.hooks import RunReportHook

# Read once, when torch is loaded. By default its threads spin while they wait for each other: as
# soon as another program wants a core, a training step takes up to ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

HOOKS = (RunReportHook(),)
CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # Kedro allows oc.env for credentials only; conf/test/globals.yml takes its root from it.
    "custom_resolvers": {"oc.env": oc.env},
}
