"""Putting a changed file in place: whole or not at all, with the rights it had."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from provisioner.model.errors import ReadiError
from provisioner.model.text import Text

NEW_FILE_MODE = 0o640
"""Names and addresses are nobody else's business."""


NEW_FOLDER_MODE = 0o750


class WriteFailed(ReadiError):
    """The file could not be written; it is as it was."""


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One of us at a time looks at a file of this folder and puts another in its place: microseconds."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, closed to others whatever the umask is. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=NEW_FOLDER_MODE, exist_ok=True)


def replace_file(path: Path, before: bytes | None, after: bytes) -> None:
    """Put ``after`` in the place of ``before`` (None: the file must not exist). Raises `WriteFailed`.

    Links are followed. What somebody else changed in the meantime is not overwritten.
    """
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        make_folder(path.parent)
        mode = path.stat().st_mode & 0o7777 if before is not None else NEW_FILE_MODE
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        with _alone(path.parent):
            if (path.read_bytes() if path.exists() else None) != before:
                raise WriteFailed(Text.of("registry.changed_meanwhile", file=path.name))
            temporary.replace(path)
    except OSError as fault:
        raise WriteFailed(Text.of("registry.cannot_write", file=str(path), reason=fault.strerror or "")) from fault
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            temporary.unlink()
