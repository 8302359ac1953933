"""Runs two stages on a file system that is too small, read-only, and then large enough.

In a mount namespace of its own (`unshare -rm`), where the folder that is named has been mounted as
a tmpfs. Prints what each run said, and what it left half-written, as JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ATTEMPTS = [("rw", "48k"), ("rw", "760k"), ("ro", "760k"), ("rw", "8m")]


def main():
    root, project = map(Path, sys.argv[1:])
    os.environ["PLMSCOPE_TEST_ROOT"] = str(root)
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(project)
    from plmscope.run.user_errors import sentence_of

    told = []
    for mode, size in ATTEMPTS:
        subprocess.run(["mount", "-o", f"remount,{mode},size={size}", str(root)], check=True)
        try:
            with KedroSession.create(project, env="test") as session:
                session.run(pipeline_names=["ingestion", "embedding"])
            said = "finished"
        except Exception as error:
            said = sentence_of(error)
        shards = [path.name for path in sorted(root.rglob("shard-*"))]
        told.append({"said": said, "torn": list(map(str, root.rglob("*.tmp"))), "shards": shards})
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
