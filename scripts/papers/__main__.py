"""``scripts/docs``: writes every generated file, and says which of them changed."""

from pathlib import Path

from scripts.papers.everything import generated

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Write what differs."""
    for name, text in generated().items():
        path = ROOT / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main()
