"""Rules' expressions: numbers, comparisons, and, or, not, a few functions; nothing that loops, grows or reaches out.

What one may be made of is looked at first (`provisioner.registry.expressions`); simpleeval evaluates it and is given
nothing more than that.
"""

import ast
import operator
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simpleeval import InvalidExpression, NameNotDefined, SimpleEval  # type: ignore[import-untyped]

from provisioner.registry.expressions import looked_at

_OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Fault(Exception):
    """An expression has no answer for these values, e.g. a division by nothing; or it is none at all."""


class Undecided(Exception):
    """Whether an expression holds hangs on what is not known."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self.names = names
        """Of the quantities that are missing."""


def _round(value: float, digits: float = 0) -> float:
    """Of a float: Python would count for hours where a whole number is to be rounded to -10^9 digits."""
    return round(float(value), int(digits))


_CALLED: Final[dict[str, Callable[..., Any]]] = {"abs": abs, "max": max, "min": min, "round": _round}


@dataclass(frozen=True, slots=True)
class Compiled:
    """Ready to be evaluated."""

    text: str
    names: frozenset[str]
    """Of quantities, and `battery`."""
    _parsed: ast.expr
    _evaluator: SimpleEval
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, text: str) -> "Compiled":
        """Raises `Fault` for what is not allowed."""
        looked = looked_at(text)
        if looked.code:
            raise Fault(looked.code)
        line = " ".join(text.split())
        evaluator = SimpleEval(operators=dict(_OPERATORS), functions=dict(_CALLED), names={})
        return cls(line, looked.names, ast.parse(line, mode="eval").body, evaluator)

    def holds(self, values: Mapping[str, float]) -> bool:
        """A quantity alone holds when it is not 0. Raises `Fault`, and `Undecided` where values are missing.

        One side of an ``or`` that is true, or of an ``and`` that is not, decides it alone.
        """
        with self._lock:
            self._evaluator.names = values
            return self._holds(self._parsed)

    def _holds(self, node: ast.expr) -> bool:
        if isinstance(node, ast.BoolOp):
            return self._decided(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self._holds(node.operand)
        try:
            return bool(self._evaluator.eval(self.text, previously_parsed=node))
        except NameNotDefined as error:
            raise Undecided(self.names - self._evaluator.names.keys()) from error
        except (InvalidExpression, ArithmeticError, ValueError, TypeError) as error:
            raise Fault(type(error).__name__) from error

    def _decided(self, node: ast.BoolOp) -> bool:
        decides = isinstance(node.op, ast.Or)
        undecided: Undecided | None = None
        for side in node.values:
            try:
                if self._holds(side) is decides:
                    return decides
            except Undecided as missing:
                undecided = missing
        if undecided is not None:
            raise undecided
        return not decides
