"""A product that only echoes and remembers its writes, to test the emulators' base with."""

from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.emulation import Emulator, Request, Response


class Echo(Emulator):
    name = "echo"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.state: list[str] = []

    def handle(self, request: Request) -> Response:
        if request.is_write:
            self.state.append(request.path)
        told = {
            "method": request.method,
            "path": request.path,
            "body": request.body.decode("utf-8", "replace"),
            "mishap": request.mishap,
        }
        return Response.json(told, user="me")


@pytest.fixture
def echo() -> Iterator[Any]:
    with Echo() as running:
        yield running
