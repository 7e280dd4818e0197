"""Lists that are long read their indexes in order."""

from crmkit.data.db import Database

_PAGE = """
explain select document from interaction_documents
where (occurred_at, id) < (now(), '01890000-0000-7000-8000-000000000000') order by occurred_at desc, id desc limit 50
"""


async def test_interactions_and_those_that_wait_are_merged_by_their_indexes(database: Database) -> None:
    async with database.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
        plan = [row[0] for row in await connection.fetch(_PAGE)]
    assert [line for line in plan if "Merge Append" in line], plan
    assert not [line for line in plan if "->  Sort" in line], plan
