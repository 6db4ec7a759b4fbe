"""Putting a changed file in place: whole or not at all, with the rights it had."""

import contextlib
import os
import secrets
from pathlib import Path

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text

NEW_FILE_MODE = 0o640
"""Names and addresses are nobody else's business."""


class WriteFailed(ReadiError):
    """The file could not be written; it is as it was."""


def replace_file(path: Path, before: bytes | None, after: bytes) -> None:
    """Put ``after`` in the place of ``before`` (None: the file must not exist). Raises `WriteFailed`.

    Links are followed. What somebody else changed in the meantime is not overwritten.
    """
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o7777 if before is not None else NEW_FILE_MODE
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if (path.read_bytes() if path.exists() else None) != before:
            raise WriteFailed(Text.of("registry.changed_meanwhile", file=path.name))
        temporary.replace(path)
    except OSError as fault:
        raise WriteFailed(Text.of("registry.cannot_write", file=str(path), reason=fault.strerror or "")) from fault
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            temporary.unlink()
