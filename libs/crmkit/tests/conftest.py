"""The sample service the kit is tested with."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crmkit.testing import Service

SAMPLE = Path(__file__).parent / "sample"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_service", SAMPLE / "service.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_service"] = module
    spec.loader.exec_module(module)
    return module


sample = _load()


@pytest.fixture(scope="session")
def service() -> Service:
    return Service(folder=SAMPLE, settings=sample.SampleSettings, app=sample.create_app)
