"""The sample service the kit is tested with, in process and as real processes."""

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from crmkit.data import migrations
from crmkit.settings import Settings
from crmkit.testing import ADMIN, PASSWORD, PrepareDatabase, Service, TestClient
from crmkit.web import auth

HERE = Path(__file__).parent
SAMPLE = HERE / "sample"
SECOND = HERE / "second"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_service", SAMPLE / "service.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_service"] = module
    spec.loader.exec_module(module)
    return module


sample = _load()


@pytest.fixture(scope="session")
def service() -> Service:
    return Service(folder=SAMPLE, settings=sample.SampleSettings, app=sample.create_app)


@pytest.fixture(scope="session")
def copy() -> Callable[..., object]:
    """What the sample's consumer does with a batch."""
    return sample.copy


@pytest.fixture(scope="session")
def job_handlers() -> dict[str, Callable[..., object]]:
    return {"count": sample.count, "refuse": sample.refuse, "fail_inside": sample.fail_inside}


@pytest.fixture(scope="session")
def note() -> Callable[..., object]:
    """What the sample's worker does with what is due."""
    return sample.note


@pytest.fixture(scope="session")
def second_settings(settings: Settings, postgres_url: str, prepare_database: PrepareDatabase) -> Settings:
    """Another service in the same database."""
    url = urlsplit(settings.database_url)
    prepare_database(postgres_url, "second", PASSWORD, PASSWORD, url.path[1:])
    place = f"{url.hostname}:{url.port}{url.path}"
    migrations.upgrade(SECOND, f"postgresql+psycopg://second_owner:{PASSWORD}@{place}")
    return settings.model_copy(update={"service": "second", "database_url": f"postgresql://second@{place}"})


@pytest.fixture(scope="session")
async def second_client(second_settings: Settings, token_key: Ed25519PrivateKey) -> AsyncIterator[TestClient]:
    app = sample.create_app(second_settings)
    async with app.router.lifespan_context(app), TestClient(app, token_key, ADMIN) as client:
        yield client


@pytest.fixture
def start_worker(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts the sample's worker as a real process; what is left of them is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        told = {
            "PERENNIAL_DATABASE_URL": settings.database_url,
            "PERENNIAL_DATABASE_PASSWORD": PASSWORD,
            "PERENNIAL_GATEWAY_URL": "http://127.0.0.1:9",
        }
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        command = [sys.executable, str(SAMPLE / "service.py"), *(arguments or ("run",))]
        process = subprocess.Popen(command, env=os.environ | told | environment, stdout=log, stderr=log)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
async def served(app: FastAPI, token_key: Ed25519PrivateKey) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app behind a real server and a real connection."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http="httptools", lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    token = auth.mint(token_key, ADMIN, audience="sample", lifetime_s=3600)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=url, headers={auth.HEADER: token}, timeout=30) as client:
        yield client
    server.should_exit = True
    await serving


@pytest.fixture
def terminate_all(settings: Settings, postgres_url: str) -> Callable[[], Awaitable[int]]:
    """Ends every connection of the sample's database, as a restart of Postgres does."""
    name = urlsplit(settings.database_url).path[1:]

    async def terminate() -> int:
        connection = await asyncpg.connect(postgres_url)
        rows = await connection.fetch("select pid from pg_stat_activity where datname = $1", name)
        pids = [row["pid"] for row in rows]
        # All at once, then wait: one that ends before the others would let them go on.
        await connection.fetch("select pg_terminate_backend(pid) from unnest($1::int[]) as pid", pids)
        await connection.fetch(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = any($1::int[])", pids
        )
        await connection.close()
        return len(pids)

    return terminate


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
