import os
import subprocess
import sys


class TestImport:
    def test_is_light_and_leaves_no_trace(self, tmp_path):
        """Regression: importing made folders in the home directory (docs/faults.md, fault 21)."""
        code = (
            "import sys, plmscope.proteins; "
            "print([m for m in ('pandas', 'pymmseqs', 'Bio', 'torch') if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "[]\n"
        assert list(tmp_path.iterdir()) == []
