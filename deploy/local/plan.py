"""Which processes make a platform, at which ports, with which settings and secrets."""

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deploy.local import keys
from deploy.local.packages import ROOT, Package
from deploy.local.ports import Port, hold
from deploy.local.processes import CannotStart, Program

DATABASE = "perennial"


class Ports(NamedTuple):
    """Of one process: its own, and the internal one of its metrics."""

    serving: Port
    metrics: Port


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder, and what lies where in it."""

    folder: Path

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def state(self) -> Path:
        return self.folder / "processes.json"

    def write_state(self, state: object) -> None:
        """Whole or not at all: others read it at any moment."""
        unfinished = self.state.with_suffix(".new")
        unfinished.write_text(json.dumps(state))
        unfinished.rename(self.state)

    def write_developer_key(self, key: str) -> Path:
        file = self.folder / "dev-api-key"
        file.touch(mode=0o600)
        file.write_text(key)
        return file

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """By one supervisor at a time; the claim ends with its process, in whatever way that ends."""
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(f"Perennial already runs on the data folder {self.folder}: stop it first.") from None
            self.state.unlink(missing_ok=True)
            try:
                yield
            finally:
                self.state.unlink(missing_ok=True)

    def log(self, process: str) -> Path:
        return self.folder / "logs" / f"{process}.log"


@dataclass(frozen=True, slots=True)
class Plan:
    """A platform about to run."""

    home: Home
    packages: tuple[Package, ...]
    ports: Mapping[str, Ports]
    postgres_port: int
    left_out: frozenset[str]

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['gateway'].serving.number}"

    @property
    def admin_key(self) -> str:
        return keys.read(self.home.secrets / "clients" / keys.DEVELOPER)

    def programs(self) -> list[Program]:
        """Every long-running process but Postgres and what is left out."""
        return [
            self._python(package, process, module)
            for package in self.packages
            for process, module in package.modules.items()
            if process not in self.left_out
        ]

    def migrations(self) -> Program:
        address = f"127.0.0.1:{self.postgres_port}/{DATABASE}"
        return Program(
            name="migrations",
            argv=(sys.executable, "-m", "deploy.local.migrations", address, str(self.home.secrets)),
            env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
            log=self.home.log("migrations"),
        )

    def bootstrap(self) -> Program:
        """Makes the clients of `secrets/clients` known to the gateway."""
        gateway = next(package for package in self.packages if package.name == keys.GATEWAY)
        clients = str(self.home.secrets / "clients")
        return self._python(gateway, "gateway-bootstrap", "gateway.bootstrap", PERENNIAL_BOOTSTRAP_CLIENTS_DIR=clients)

    def address(self, package: Package) -> str:
        return f"http://127.0.0.1:{self.ports[package.serving].serving.number}"

    def environment(self, package: Package, process: str) -> dict[str, str]:
        """The settings of one process; its secrets are files, so that no process list shows them."""
        own = {
            "PERENNIAL_SECRETS_DIR": str(self.home.secrets / package.name),
            "PERENNIAL_DATABASE_URL": self._database_url(package.name),
            "PERENNIAL_GATEWAY_URL": self.gateway_url,
            "PERENNIAL_HOST": "127.0.0.1",
        }
        if ports := self.ports.get(process):
            numbers = {"PORT": ports.serving.number, "METRICS_PORT": ports.metrics.number}
            own |= {f"PERENNIAL_{name}": str(number) for name, number in numbers.items()}
        if package.name == keys.GATEWAY:
            services = [each for each in self.packages if each.name != keys.GATEWAY]
            own |= {f"PERENNIAL_{each.name.upper()}_URL": self.address(each) for each in services}
        return own

    def _python(self, package: Package, process: str, module: str, **settings: str) -> Program:
        env = dict(os.environ) | self.environment(package, process) | settings
        return Program(name=process, argv=(sys.executable, "-m", module), env=env, log=self.home.log(process))

    def _database_url(self, role: str) -> str:
        return f"postgresql://{role}@127.0.0.1:{self.postgres_port}/{DATABASE}"


def choose_ports(packages: list[Package], gateway: Port) -> dict[str, Ports]:
    ports = {process: Ports(hold(), hold()) for package in packages for process in package.modules}
    return ports | {"gateway": Ports(gateway, hold())}


def write_environments(plan: Plan) -> None:
    """`.data/env/<process>`: what a debugger must set to stand in for a process (no secret in it)."""
    folder = plan.home.folder / "env"
    folder.mkdir(exist_ok=True)
    for package in plan.packages:
        for process in package.modules:
            lines = [f"{name}={json.dumps(value)}" for name, value in plan.environment(package, process).items()]
            (folder / process).write_text("\n".join(lines) + "\n")
