"""What all rivals of a measurement stand on: one temporary Postgres that syncs to disk, and one deployment's keys."""

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from benchmarks.load.processes import ROOT, running
from crmkit.data import migrations
from crmkit.web import auth
from deploy.local import keys, postgres
from deploy.local.processes import free_port, spawn


@dataclass(frozen=True)
class Ground:
    """folder: of this measurement, gone after it."""

    folder: Path
    cluster: postgres.Cluster
    password: str
    key: Ed25519PrivateKey

    def url(self, user: str, scheme: str = "postgresql") -> str:
        return f"{scheme}://{user}:{self.password}@{self._place}"

    def settings(self, package: str, port: int) -> dict[str, str]:
        public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return {
            "PERENNIAL_DATABASE_URL": f"postgresql://{package}@{self._place}",
            "PERENNIAL_DATABASE_PASSWORD": self.password,
            "PERENNIAL_TOKEN_PUBLIC_KEY": public.decode(),
            "PERENNIAL_PORT": str(port),
        }

    def migrate(self, folder: Path) -> None:
        package = migrations.package_of(folder)
        postgres.create_service(self.cluster.url, package, self.password, self.password)
        migrations.upgrade(folder, self.url(f"{package}_owner", "postgresql+psycopg"))

    @property
    def _place(self) -> str:
        return f"127.0.0.1:{self.cluster.port.number}/perennial"


@dataclass(frozen=True)
class Service:
    """A process as it is deployed, and what it takes to be let in."""

    name: str
    url: str
    headers: Mapping[str, str]


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="perennial-load-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = postgres.prepare(folder, password=secrets.token_hex(16), log=folder / "postgres.log")
        process = spawn(cluster.program())
        try:
            postgres.wait_until_ready(cluster, lambda: process.poll() is None)
            yield Ground(folder, cluster, secrets.token_hex(16), Ed25519PrivateKey.generate())
        finally:
            process.send_signal(2)
            process.wait()
            postgres.discard(folder)


@contextlib.contextmanager
def service(on: Ground, package: str) -> Iterator[Service]:
    """The service on its migrated schema. Numbering its events is its worker's, later, and measured elsewhere."""
    on.migrate(ROOT / f"services/{package}-svc")
    port = free_port()
    caller = auth.Principal("measurement", "measurement", frozenset({auth.ADMIN}))
    token = auth.mint(on.key, caller, audience=package, lifetime_s=24 * 3600)
    with running(sys.executable, "-m", f"{package}.main", **on.settings(package, port)):
        yield Service(f"{package}-svc", f"http://127.0.0.1:{port}", {auth.HEADER: token})


@contextlib.contextmanager
def gateway(on: Ground, **upstreams: str) -> Iterator[Service]:
    """The gateway on its migrated schema, with one admin's key. upstreams: settings that say where services are."""
    on.migrate(ROOT / "gateway")
    key, port, clients = keys.api_key(keys.DEVELOPER), free_port(), on.folder / "clients"
    clients.mkdir()
    (clients / keys.DEVELOPER).write_text(key)
    private = on.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    own = {"PERENNIAL_TOKEN_PRIVATE_KEY": private, "PERENNIAL_BOOTSTRAP_CLIENTS_DIR": str(clients)}
    settings = on.settings("gateway", port) | own | upstreams
    subprocess.run([sys.executable, "-m", "gateway.bootstrap"], env=os.environ | settings, cwd=ROOT, check=True)
    with running(sys.executable, "-m", "gateway.main", **settings):
        yield Service("gateway", f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {key}"})
