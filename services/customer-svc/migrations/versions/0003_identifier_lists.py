"""A customer's identifiers as a list.

`place` tells two of them apart in a cursor, which may not carry a phone or an address.
"""

from typing import Final

from crmkit.data import migrations

revision = "0003"
down_revision = "0002"

_VIEW: Final = """
create view customer_identifiers as
select customer_id, kind, source, value,
    row_number() over (partition by customer_id order by kind, source, value) as place
from (
    select customer_id, kind, source, value from customer_keys
    union all
    select customer_id, kind, '', value from contact_points
) as each;
"""


def upgrade() -> None:
    migrations.execute(_VIEW)
