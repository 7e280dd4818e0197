"""The gateway has no worker: what it keeps for a while it forgets by itself."""

from crmkit.data.db import Database
from crmkit.testing import eventually
from gateway.proxy.edge import Edge

OLD = """
insert into idempotency (client, method, path, key, fingerprint, created_at)
values ('c', 'POST', '/v1/clients', 'old', '', now() - interval '25 hours'),
    ('c', 'POST', '/v1/clients', 'new', '', now())
"""


async def test_kept_answers_expire(edge: Edge, gateway_url: str, pool: Database) -> None:
    async with pool.connection() as connection:
        await connection.execute(OLD)
        await connection.execute("update due set at = now() where kind = 'forget_answers'")

    async def kept() -> list[str]:
        async with pool.connection() as connection:
            return [row["key"] for row in await connection.fetch("select key from idempotency where client = 'c'")]

    async def only_new_ones() -> bool:
        return await kept() == ["new"]

    assert await eventually(only_new_ones)
