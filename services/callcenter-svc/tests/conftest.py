import sys
from pathlib import Path

import pytest

from callcenter.main import create_app
from callcenter.settings import Settings
from crmkit.testing import Service

sys.path.insert(0, str(Path(__file__).parent))  # for callcenter_hearsay


@pytest.fixture(scope="session")
def service() -> Service:
    return Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)
