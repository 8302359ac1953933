"""Kedro's project settings."""

import os

from omegaconf.resolvers import oc

from plmscope.run.config_loader import LayeredConfigLoader
from plmscope.run.hooks import CheckHook, ManifestHook, RunReportHook
from plmscope.run.logs import log_as_the_project_says
from plmscope.run.user_errors import print_user_errors_in_a_sentence

# Read once, when torch is loaded. By default its threads spin while they wait for each other: as
# soon as another program wants a core, a training step takes up to ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

print_user_errors_in_a_sentence()
log_as_the_project_says()

HOOKS = (CheckHook(), ManifestHook(), RunReportHook())
CONFIG_LOADER_CLASS = LayeredConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # Kedro allows oc.env for credentials only; conf/test/globals.yml takes its root from it.
    "custom_resolvers": {"oc.env": oc.env},
}
