"""Lock what all packages depend on: requirements.txt for images, requirements-dev.txt for the checkout.

Our own packages are on the path, never in the lock: they have no hash and no index.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECTS = [
    *ROOT.glob("libs/*/pyproject.toml"),
    *ROOT.glob("services/*/pyproject.toml"),
    ROOT / "gateway/pyproject.toml",
]


def dependencies() -> list[str]:
    """Every package's requirements, without our own packages."""
    wanted: set[str] = set()
    for project in PROJECTS:
        wanted.update(tomllib.loads(project.read_text())["project"]["dependencies"])
    return sorted(wanted - {"crmkit"})


def lock(output: str, requirements: list[str], *constraints: str) -> None:
    command = [
        sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header", "--output-file", output,
        *(f"--constraint={file}" for file in constraints), *sys.argv[1:],
    ]  # fmt: skip
    subprocess.run(command, input="\n".join(requirements), text=True, check=True, cwd=ROOT)


if __name__ == "__main__":
    development = (ROOT / "requirements-dev.in").read_text().splitlines()
    lock("requirements.txt", dependencies())
    lock("requirements-dev.txt", dependencies() + development, "requirements.txt")
