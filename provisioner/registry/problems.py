"""What is wrong with the registry, where it stands, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

from provisioner.model.ports import Severity
from provisioner.model.registry import Origin
from provisioner.model.text import Argument, Text


@dataclass(frozen=True, slots=True)
class Problem:
    """``severity`` is ERROR (the entry is left out and nothing is done about it) or WARNING (it is used)."""

    severity: Severity
    where: Origin
    what: Text
    mend: Text

    @property
    def is_error(self) -> bool:
        """Whether what it speaks of can't be used."""
        return self.severity is Severity.ERROR


def error(where: Origin, what: Text, mend: Text) -> Problem:
    """Something that can't be used as it stands."""
    return Problem(Severity.ERROR, where, what, mend)


def warning(where: Origin, what: Text, mend: Text) -> Problem:
    """Something that is used, though it is probably not meant so."""
    return Problem(Severity.WARNING, where, what, mend)


def error_of(where: Origin, code: str, **arguments: Argument) -> Problem:
    """An error whose mend is the text ``<code>_mend``, with the same arguments."""
    return error(where, Text.of(code, **arguments), Text.of(f"{code}_mend", **arguments))


def warning_of(where: Origin, code: str, **arguments: Argument) -> Problem:
    """A warning whose mend is the text ``<code>_mend``, with the same arguments."""
    return warning(where, Text.of(code, **arguments), Text.of(f"{code}_mend", **arguments))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file, line and column, each once; the order of reading makes no difference."""

    def place(problem: Problem) -> tuple[str, int, int, str, str]:
        where = problem.where
        arguments = repr(sorted(problem.what.arguments.items()))
        return (where.file, where.line, where.column, problem.what.code, arguments)

    return tuple(sorted(dict.fromkeys(problems), key=place))
