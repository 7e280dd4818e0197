"""django-helpdesk under gunicorn, in a virtual environment of its own, on a database of the measured Postgres."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg

from deploy.local import postgres
from deploy.local.processes import free_port

HERE = Path(__file__).parent
SITE = "helpdesk_site"
PACKAGES = ("django-helpdesk==2.6.1", "gunicorn", "psycopg[binary]", "setuptools<81")
WORKERS = 2


@dataclass(frozen=True)
class Helpdesk:
    """A running help desk: where tickets are posted, with which headers, and a ticket like ours."""

    url: str
    headers: dict[str, str]
    body: bytes


@contextlib.contextmanager
def running(folder: Path, cluster: postgres.Cluster, *, subject: str, text: str) -> Iterator[Helpdesk]:
    """Install it into `folder`, set it up, serve it."""
    binaries = _environment(folder / "helpdesk")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("create database helpdesk")
    settings = os.environ | {
        "HELPDESK_PASSWORD": cluster.password,
        "HELPDESK_PORT": str(cluster.port.number),
        "DJANGO_SETTINGS_MODULE": SITE,
        "PYTHONPATH": str(HERE),
    }
    python = [str(binaries / "python"), "-P"]
    prepared = subprocess.run(
        [*python, str(HERE / f"{SITE}.py")], env=settings, capture_output=True, text=True, check=True
    )
    token, queue = prepared.stdout.split()
    port = free_port()
    serve = ["-m", "gunicorn", "django.core.wsgi:get_wsgi_application()", f"--workers={WORKERS}"]
    command = [*python, *serve, f"--bind=127.0.0.1:{port}", "--log-level=warning"]
    process = subprocess.Popen(command, env=settings, cwd=folder)
    body = {
        "queue": int(queue),
        "title": subject,
        "description": text,
        "submitter_email": "anna@example.com",
        "priority": 3,
    }
    try:
        yield Helpdesk(f"http://127.0.0.1:{port}", {"Authorization": f"Token {token}"}, msgspec.json.encode(body))
    finally:
        process.terminate()
        process.wait()


def _environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    binaries = folder / "bin"
    install = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
    return binaries
