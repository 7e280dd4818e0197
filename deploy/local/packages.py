"""What the checkout holds: the gateway and the services, each with the processes that it has code for."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Package:
    """`name` is package, schema and role at once."""

    name: str
    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.name

    @property
    def serving(self) -> str:
        """The process that answers requests: `customer-svc`, `gateway`."""
        return self.folder.name

    @property
    def modules(self) -> dict[str, str]:
        """Module by process name."""
        wanted = {self.serving: "main", f"{self.name}-worker": "worker"}
        return {name: f"{self.name}.{part}" for name, part in wanted.items() if (self.source / f"{part}.py").exists()}


def discover() -> list[Package]:
    services = [Package(folder.name.removesuffix("-svc"), folder) for folder in sorted(ROOT.glob("services/*-svc"))]
    return [package for package in [*services, Package("gateway", ROOT / "gateway")] if package.modules]
