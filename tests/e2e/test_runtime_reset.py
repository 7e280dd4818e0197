"""`make reset` removes the platform's own data, wherever it lies, and nothing beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import binaries, postgres


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that has been used, its database aside."""
    folder = tmp_path / "data"
    (folder / "secrets").mkdir(parents=True)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A database beside something else."""
    place = tmp_path / "elsewhere"
    (place / "pgdata").mkdir(parents=True)
    (place / "pgdata/PG_VERSION").touch()
    (place / "precious").touch()
    return place


def _reset(folder: Path, cwd: Path) -> None:
    command = [sys.executable, "-m", "deploy.local", "reset", f"--data={folder}"]
    env = os.environ | {"PYTHONPATH": str(Path(postgres.__file__).parents[2])}
    subprocess.run(command, check=True, timeout=60, cwd=cwd, env=env)


@pytest.mark.parametrize("relative", [False, True])
def test_what_lies_beside_linked_data_stays(folder: Path, elsewhere: Path, relative: bool) -> None:
    (folder / "postgres").symlink_to(Path("../elsewhere/pgdata") if relative else elsewhere / "pgdata")
    _reset(folder, cwd=elsewhere)
    assert not folder.exists()
    assert [path.name for path in elsewhere.iterdir()] == ["precious"]


def test_the_place_that_the_platform_made_goes_whole(folder: Path) -> None:
    home = binaries.data_home(folder)
    data = postgres._place(folder)
    data.mkdir(parents=True)
    postgres.discard(folder)
    assert not data.exists()
    assert not (folder / "postgres").is_symlink()
    assert home == folder or not home.exists()


def test_a_relative_link_is_read_from_where_it_lies(folder: Path, elsewhere: Path) -> None:
    (folder / "postgres").symlink_to("../elsewhere/pgdata")
    assert postgres._place(folder) == elsewhere / "pgdata"
