"""What every command is given: where the settings are, which language is spoken, where output goes."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.text import Text as Styled

from provisioner.app.connectors import text_packages
from provisioner.app.settings import find_settings, load_settings
from provisioner.app.site import Site
from provisioner.app.source_types import source_types
from provisioner.model.errors import ReadiError
from provisioner.model.ports import Clock
from provisioner.model.text import Argument, Text
from provisioner.service.logs import LogFormat
from provisioner.sources.types import SourceType
from provisioner.texts import Catalogue, Language, harmless
from provisioner.transport.clock import SystemClock

NOTHING_TO_DO, FAILED, PENDING, REFUSED, USAGE = 0, 1, 2, 3, 64
"""Exit codes of plan, apply and drift; `USAGE` of everything."""


class HarmlessConsole(Console):
    """A console that never hands on what others wrote as commands to the terminal; see `harmless`."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does it, whatever the texts hold."""
        super().print(*(_shown(one) for one in objects), **options)


def _shown(what: Any) -> Any:
    """Texts of several lines keep their lines; what rich has styled already is one line."""
    if isinstance(what, str):
        return harmless(what, lines=True)
    if isinstance(what, Styled) and (plain := harmless(what.plain)) != what.plain:
        return Styled(plain, style=what.style)
    return what


@dataclass
class Context:
    """The global options, and what they lead to."""

    settings: Path | None = None
    network: str | None = None
    language: Language | None = None
    quiet: bool = False
    log_format: LogFormat = "text"
    clock: Clock = field(default_factory=SystemClock)
    source_types: Mapping[str, SourceType] = field(default_factory=source_types)
    _opened: list[Site] = field(default_factory=list)

    @cached_property
    def out(self) -> Console:
        """Results. Plain lines, not cut, where no terminal is. ``mails:cloud:…`` is no picture of a cloud."""
        return HarmlessConsole(soft_wrap=not sys.stdout.isatty(), highlight=False, emoji=False)

    @cached_property
    def err(self) -> Console:
        """Progress and errors."""
        return HarmlessConsole(stderr=True, soft_wrap=not sys.stderr.isatty(), highlight=False, emoji=False)

    @cached_property
    def say(self) -> Catalogue:
        """Puts texts into the language asked for: --lang, else the settings', else German."""
        return Catalogue(self.language or self._language_of_settings(), text_packages())

    def _language_of_settings(self) -> Language:
        try:
            return load_settings(find_settings(self.settings)).language
        except ReadiError:  # it is said by whoever needs the settings, and needs a language for that
            return "de"

    def tell(self, code: str, **arguments: Argument) -> str:
        """A sentence of the command line's own."""
        return self.say(Text.of(f"cli.{code}", **arguments))

    def open_site(self) -> Site:
        """The network that was asked for. Raises `SettingsError`."""
        site = Site.open(find_settings(self.settings), self.network, self.clock)
        site.source_types = self.source_types
        self._opened.append(site)
        return site

    def close(self) -> None:
        """Close what the command opened."""
        while self._opened:
            self._opened.pop().close()

    def print_lines(self, lines: Iterable[Styled]) -> None:
        """A long text. Where no terminal is it is written at once: rich takes 0.2 ms a line, a plan has thousands."""
        if self.out.is_terminal:
            for line in lines:
                self.out.print(line)
        else:
            self.out.file.write("".join(f"{harmless(line.plain)}\n" for line in lines))

    def print_json(self, report: BaseModel) -> None:
        """One line of JSON, the last on standard output."""
        sys.stdout.write(report.model_dump_json(by_alias=True) + "\n")


def context_of(ctx: typer.Context) -> Context:
    """The context that the global options made."""
    found = ctx.find_object(Context)
    if found is None:  # a sub-application called without the main one, as some tests do
        found = ctx.obj = Context()
    return found


@contextmanager
def working(context: Context, code: str) -> Iterator[None]:
    """A spinner on a terminal while something long is read; nothing elsewhere."""
    if context.quiet or not context.err.is_terminal:
        yield
        return
    with context.err.status(context.tell(code)):
        yield
