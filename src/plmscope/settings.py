"""Kedro's project settings."""

from kedro.config import OmegaConfigLoader
from omegaconf.resolvers import oc

from plmscope.hooks import RunReportHook

HOOKS = (RunReportHook(),)
CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # Kedro allows oc.env for credentials only; conf/test/globals.yml takes its root from it.
    "custom_resolvers": {"oc.env": oc.env},
}
