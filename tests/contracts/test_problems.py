"""Every refusal's `type` leads to its section of the reference."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx

import crmkit
import gateway
from crmkit.problems import FAULTS
from tests.conftest import Door

ROOT = Path(__file__).parents[2]
SOURCES = [Path(crmkit.__file__).parent, Path(gateway.__file__).parent, *ROOT.glob("services/*/src/*")]


def _codes(folder: Path) -> Iterator[str]:
    """What classes of errors call themselves: `code = "..."`, alone or among others."""
    for file in folder.rglob("*.py"):
        classes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ClassDef)]
        for assigned in (node for each in classes for node in each.body if isinstance(node, ast.Assign)):
            names, value = assigned.targets[0], assigned.value
            pairs = zip(names.elts, value.elts, strict=True) if isinstance(names, ast.Tuple) else [(names, value)]
            yield from (
                it.value for name, it in pairs if getattr(name, "id", "") == "code" and isinstance(it, ast.Constant)
            )


def test_every_code_has_its_section(door: Door) -> None:
    page = httpx.get(f"{door.url}/docs/problems", timeout=30).raise_for_status().text
    told = set(re.findall(r'<section id="(\w+)">', page))
    raised = {code for folder in SOURCES for code in _codes(folder)}
    assert len(raised) > 40
    assert raised - told == set()
    assert all(f"<dt><code>{code}</code>" in page for code in FAULTS)
