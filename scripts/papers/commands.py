"""Every command with its options, as the program itself describes them."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import typer

from provisioner.cli.main import app


def commands() -> str:
    """A section a command."""
    root = typer.main.get_command(app)
    return _options("\n## Options before the command\n", root) + "".join(_sections(root, "readi"))


def _sections(command: Any, name: str) -> Iterator[str]:
    for word, sub in command.commands.items():
        if sub.hidden:  # what the program calls itself
            continue
        whole = f"{name} {word}"
        if hasattr(sub, "commands"):
            if sub.invoke_without_command:  # by itself it is a command, too
                yield _options(f"\n## {whole}\n\n{' '.join((sub.callback.__doc__ or '').split())}\n", sub)
            yield from _sections(sub, whole)
        else:
            yield _options(f"\n## {whole}\n\n{' '.join((sub.help or '').split())}\n", sub)


def _options(head: str, command: Any) -> str:
    rows = [row for row in map(_row, command.params) if row]
    return head + ("\n| | |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else "")


def _row(parameter: Any) -> str:
    described = " ".join((getattr(parameter, "help", None) or "").split()).replace("|", "\\|")
    if values := _values(parameter.type_descriptor.annotation):
        described = f"{described} {values}.".strip()
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
        return f"| {name if parameter.required else f'[{name}]'} | {described} |"
    many = " May be repeated." if parameter.multiple and "more than once" not in described else ""
    return f"| `{parameter.opts[0]}` | {described}{many} |"


def _values(annotation: Any) -> str:
    """What may stand there, where it is not just any text."""
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{value.value}`" for value in annotation)
    return next((found for found in map(_values, inner) if found), "")
