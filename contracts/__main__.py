"""`python -m contracts` (or `make openapi`) writes every promise anew; what is promised no more is removed."""

from pathlib import Path

from contracts import files

FOLDER = Path(__file__).parent


def main() -> None:
    promised = files()
    for stale in {*FOLDER.glob("*.json"), *FOLDER.glob("events/*.json")} - {FOLDER / name for name in promised}:
        stale.unlink()
    for name, content in promised.items():
        file = FOLDER / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    print(f"{len(promised)} contracts are in {FOLDER}")


if __name__ == "__main__":
    main()
