"""Where something in the registry was written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a thing was written: ``file`` relative to the registry, 1-based ``line`` and ``column``; or a source."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file
