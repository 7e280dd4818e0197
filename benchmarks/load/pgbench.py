"""The rival without a service: pgbench plays a script of plain SQL, prepared, with no program around it."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.wrk import Result
from deploy.local import binaries

FOLDER = Path(__file__).parent / "bare"


@dataclass(frozen=True)
class Bare:
    """A script of `bare/` on the database at `url`. requests: how many requests one play of it stands for."""

    script: str
    url: str
    requests: int = 1

    @property
    def name(self) -> str:
        return f"pgbench {self.script}"

    def play(self, connections: int, seconds: int) -> Result:
        program = binaries.installation().bin / "pgbench"
        options = ["--no-vacuum", "--protocol=prepared", f"--client={connections}", f"--time={seconds}"]
        command = [str(program), *options, f"--file={FOLDER / self.script}", f"--dbname={self.url}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{self.name} did not go through: {done.stderr}")
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        assert rate is not None, done.stdout
        return Result(float(rate[1]) * self.requests)
