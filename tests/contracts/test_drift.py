"""What is published is what the code does."""

from pathlib import Path

import contracts

FOLDER = Path(contracts.__file__).parent


def test_the_published_contracts_are_those_of_the_code() -> None:
    files = [*FOLDER.glob("*.json"), *FOLDER.glob("events/*.json")]
    published = {str(file.relative_to(FOLDER)): file.read_bytes() for file in files}
    promised = contracts.files()
    drifted = sorted(name for name in published.keys() | promised.keys() if published.get(name) != promised.get(name))
    assert not drifted, f"run `make openapi` and commit what changed: {', '.join(drifted)}"
