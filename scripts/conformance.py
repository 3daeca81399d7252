"""Judges the Graph simulator by Microsoft's own Python SDK and by the schema that the SDK is generated from.

    python scripts/conformance.py [PYTHON]

PYTHON is an interpreter with the packages of conformance-requirements.txt; without one, a virtual environment
is made for it in var/conformance. Needs the package index at the first run, and nothing but localhost later.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from scheduling_pipeline.simulators.graph.settings import CLIENT_SECRET

SCRIPTS = Path(__file__).parent
ROOT = SCRIPTS.parent
ENVIRONMENT = ROOT / "var" / "conformance"
SCHEMA = ROOT / "scheduling_pipeline" / "simulators" / "graph" / "schema.json"


def main() -> None:
    python = Path(sys.argv[1]) if len(sys.argv) > 1 else _environment()
    _check_schema(python)
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "scheduling_pipeline.simulators", "--home", home]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as simulators:
            assert simulators.stdout is not None
            addresses = json.loads(simulators.stdout.readline()) | {"client_secret": CLIENT_SECRET}
            try:
                subprocess.run(
                    [python, SCRIPTS / "conformance_client.py"],
                    input=json.dumps(addresses),
                    text=True,
                    check=True,
                )
            finally:
                simulators.terminate()


def _environment() -> Path:
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    requirements = SCRIPTS / "conformance-requirements.txt"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    return python


def _check_schema(python: Path) -> None:
    fresh = subprocess.run(
        [python, SCRIPTS / "extract_graph_schema.py"], check=True, stdout=subprocess.PIPE
    ).stdout
    if fresh != SCHEMA.read_bytes():
        sys.exit(f"{SCHEMA.relative_to(ROOT)} is not what extract_graph_schema.py makes of the SDK")


if __name__ == "__main__":
    main()
