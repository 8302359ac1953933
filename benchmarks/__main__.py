"""`python -m benchmarks` runs all benchmarks, `python -m benchmarks sae_step counting` these."""

import sys
from importlib import import_module
from pathlib import Path

from benchmarks.harness import show_and_keep

SHARED = {"concept_world", "dense_reference", "harness", "peers", "sample"}


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    known = sorted({path.stem for path in Path(__file__).parent.glob("[a-z]*.py")} - SHARED)
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    for name in names or known:
        show_and_keep(name, import_module(f"benchmarks.{name}").run())


if __name__ == "__main__":
    main(sys.argv[1:])
