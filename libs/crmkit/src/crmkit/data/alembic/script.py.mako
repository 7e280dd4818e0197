"""${message}"""

from crmkit.data import migrations

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    migrations.execute("""
""")
