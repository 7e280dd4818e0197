"""All schemas to their newest revision, in one process: it saves each second start the imports of four others.

`python -m deploy.local.migrations DATABASE_ADDRESS SECRETS_FOLDER`, the address without role.
"""

import sys
from pathlib import Path

from pydantic import SecretStr

from crmkit.data.migrations import upgrade
from crmkit.settings import with_password
from deploy.local import keys, packages


def main() -> None:
    address, secrets = sys.argv[1], Path(sys.argv[2])
    for package in packages.discover():
        password = SecretStr(keys.read(secrets / f"{package.name}-owner/owner_password"))
        url = f"postgresql://{package.name}_owner@{address}"
        upgrade(package.folder, with_password(url, password, "postgresql+psycopg"))


if __name__ == "__main__":
    main()
