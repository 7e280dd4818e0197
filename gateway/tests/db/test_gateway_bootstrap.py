"""The deployment's own clients: made once, kept true."""

import secrets
from datetime import UTC, datetime

import pytest

from gateway.access import keys
from gateway.bootstrap import SCOPES, ensure_client, read_keys
from gateway.clients import repository


def key_of(name: str) -> str:
    return f"pk_{name}_{secrets.token_hex(32)}"


async def test_a_second_start_changes_nothing(session) -> None:
    key = key_of("campaign")
    await ensure_client(session, "campaign", key)
    first = await repository.by_name(session, "campaign")
    await ensure_client(session, "campaign", key)
    again = await repository.by_name(session, "campaign")
    assert first is not None
    assert (again.id, again.version, again.key_digest) == (first.id, 1, keys.digest(key.encode()))
    assert set(again.scopes) == set(SCOPES["campaign"])


async def test_a_new_key_replaces_the_old_one(session) -> None:
    await ensure_client(session, "dev-admin", key_of("dev-admin"))
    renewed = key_of("dev-admin")
    await ensure_client(session, "dev-admin", renewed)
    client = await repository.by_name(session, "dev-admin")
    assert client is not None
    assert (client.key_digest, client.version) == (keys.digest(renewed.encode()), 2)


@pytest.mark.parametrize(
    ("name", "files"),
    [("dev-admin", "clients/dev-admin."), ("segment", "clients/segment and its copy segment/api_key.")],
)
async def test_a_revoked_key_is_named_with_the_files_to_replace(session, name, files) -> None:
    key = key_of(name)
    await ensure_client(session, name, key)
    client = await repository.by_name(session, name)
    await repository.change(session, client.id, datetime.now(UTC), revoked_at=datetime.now(UTC))
    for _ in range(2):
        with pytest.raises(ValueError, match="was revoked") as refused:
            await ensure_client(session, name, key)
        assert str(refused.value) == f"The key of the client {name} was revoked: replace the secret {files}"
        # The same when the client was made again by hand, with another key.
        await ensure_client(session, name, key_of(name))


async def test_one_key_is_not_two_clients(session) -> None:
    key = key_of("campaign")
    await ensure_client(session, "campaign", key)
    with pytest.raises(ValueError, match="client segment is already that of campaign"):
        await ensure_client(session, "segment", key)


def test_files_are_keys_of_known_clients(tmp_path) -> None:
    (tmp_path / "segment").write_text(key_of("segment") + "\n")
    assert set(read_keys(tmp_path)) == {"segment"}
    (tmp_path / "stranger").write_text(key_of("stranger"))
    with pytest.raises(ValueError, match="stranger"):
        read_keys(tmp_path)
