"""The whole platform on one machine: Postgres, migrations, services, workers, gateway."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.local import keys, packages, postgres, reload, supervisor
from deploy.local.plan import DATABASE, Home, Plan, choose_ports, write_environments
from deploy.local.ports import Port, hold
from deploy.local.processes import CannotStart
from deploy.local.supervisor import Child

READY_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Options:
    """`left_out` names processes; port 0 takes a free one."""

    data: Path
    port: int = 8080
    left_out: frozenset[str] = frozenset()
    reloading: bool = False


async def run(options: Options) -> None:
    """Until SIGINT or SIGTERM; then nothing of it is left."""
    work = asyncio.create_task(_run(options))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _stop_once, work)
    with contextlib.suppress(asyncio.CancelledError):
        await work


def _stop_once(work: asyncio.Task[None]) -> None:
    """A second Ctrl-C must not interrupt the stopping."""
    if not work.done() and not work.cancelling():
        print("Stopping")
        work.cancel()


async def migrate(data: Path) -> None:
    """Schemas only; ends by itself."""
    async with _prepared(Options(data, port=0)):
        print("Every schema is at its newest revision")


def reset(data: Path) -> None:
    """Forget everything: the next start is a first one."""
    if not data.exists():
        print(f"There is nothing in {data} to forget")
        return
    if not (data / "secrets").exists():
        raise CannotStart(f"{data} is not a data folder of Perennial.")
    home = _home(data)
    with home.claimed():
        postgres.discard(home.folder)
        shutil.rmtree(home.folder)


async def _run(options: Options) -> None:
    async with _prepared(options) as (plan, database):
        await _serve(plan, database, reloading=options.reloading)


@contextlib.asynccontextmanager
async def _prepared(options: Options) -> AsyncIterator[tuple[Plan, Child]]:
    """A platform of which only Postgres runs, everything else being set up."""
    home = _home(options.data)
    with home.claimed():
        found = packages.discover()
        ports = choose_ports(found, _gateway_port(options.port))
        _check_names(options.left_out, list(ports))
        keys.make(home.secrets, [package.name for package in found])
        async with _database(home) as (cluster, database):
            plan = Plan(home, tuple(found), ports, cluster.port.number, options.left_out)
            write_environments(plan)
            await _set_up(plan, cluster)
            yield plan, database


def _home(folder: Path) -> Home:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"The data folder {folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotStart(f"The data folder {folder} is not writable.")
    return Home(folder.absolute())


def _check_names(left_out: frozenset[str], known: list[str]) -> None:
    if unknown := left_out - set(known):
        raise CannotStart(f"There is no process {', '.join(sorted(unknown))}; EXCEPT may name: {', '.join(known)}.")


def _gateway_port(wanted: int) -> Port:
    try:
        return hold(wanted)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CannotStart(f"Port {wanted} cannot be used ({reason}): choose another, as in PORT=8081.") from None


@contextlib.asynccontextmanager
async def _database(home: Home) -> AsyncIterator[tuple[postgres.Cluster, Child]]:
    """Kept running only once it has shown that it can."""
    password = keys.read(home.secrets / "postgres/password")
    cluster = postgres.prepare(home.folder, password=password, log=home.log("postgres"))
    child = Child(cluster.program(), process=await supervisor.start(cluster.program()))
    try:
        await asyncio.to_thread(postgres.wait_until_ready, cluster, lambda: child.alive)
        async with supervisor.kept([child]):
            yield cluster, child
    finally:
        await child.stop()


async def _set_up(plan: Plan, cluster: postgres.Cluster) -> None:
    """Roles, schemas and tables: each step finds its work done at a second start."""
    secrets = plan.home.secrets
    for package in plan.packages:
        owner_password = keys.read(secrets / f"{package.name}-owner/owner_password")
        password = keys.read(secrets / package.name / "database_password")
        postgres.create_service(cluster.url, package.name, owner_password, password, DATABASE)
    await supervisor.complete(plan.migrations())


async def _serve(plan: Plan, database: Child, *, reloading: bool) -> None:
    ready = asyncio.Event()

    def publish() -> None:
        pids = {child.program.name: child.process.pid for child in [database, *children] if child.process}
        state = {"url": plan.gateway_url, "ready": ready.is_set(), "supervisor": os.getpid(), "processes": pids}
        plan.home.write_state(state)

    children = [Child(program, publish) for program in plan.programs()]
    database.changed = publish
    async with supervisor.kept(children):
        await asyncio.gather(supervisor.complete(plan.bootstrap()), _until_ready(plan))
        ready.set()
        publish()
        _announce(plan)
        if reloading:
            await reload.on_change(plan.packages, children)
        await asyncio.Event().wait()


async def _until_ready(plan: Plan) -> None:
    started = [package for package in plan.packages if package.serving not in plan.left_out]
    waiting = {package.serving: plan.address(package) for package in started}
    deadline = time.monotonic() + READY_WITHIN_S
    async with httpx.AsyncClient(timeout=2) as client:
        while waiting:
            if time.monotonic() > deadline:
                silent = ", ".join(waiting)
                raise CannotStart(f"Not ready within {READY_WITHIN_S:.0f} s: {silent} (logs: {plan.home.folder}/logs).")
            await asyncio.sleep(0.1)
            for process, address in list(waiting.items()):
                if await _answers(client, address):
                    del waiting[process]


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/readyz")).is_success
    except httpx.TransportError:
        return False


def _announce(plan: Plan) -> None:
    for process in sorted(plan.left_out):
        print(f"{process} is left out: its settings are in {plan.home.folder}/env/{process}")
    key_file = plan.home.write_developer_key(plan.admin_key)
    print(f"Perennial is ready: {plan.gateway_url}  (development key in {key_file}: {plan.admin_key})")
