"""Set statements live in `.sql` files beside the code that runs them, each with a comment that says what it is for."""

from importlib import resources


def load(package: str, name: str) -> str:
    """The statement in `<package>/sql/<name>.sql`."""
    return (resources.files(package) / "sql" / f"{name}.sql").read_text()
