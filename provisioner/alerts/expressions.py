"""Rules' expressions: numbers, comparisons, and, or, not, a few functions; nothing that loops, grows or reaches out.

simpleeval evaluates them and is given only what is named here; the rest is refused when the registry is read.
"""

import ast
import operator
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simpleeval import InvalidExpression, SimpleEval  # type: ignore[import-untyped]

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
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {"min": min, "max": max, "abs": abs, "round": round}


class Fault(Exception):
    """An expression has no answer for these values: a division by nothing, a number instead of yes or no."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Ready to be evaluated, by one thread at a time."""

    text: str
    names: frozenset[str]
    _parsed: ast.AST
    _evaluator: SimpleEval
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, text: str) -> "Compiled":
        """Raises `Fault` for what does not parse."""
        try:
            parsed = SimpleEval.parse(text)
        except (SyntaxError, ValueError, InvalidExpression, RecursionError, MemoryError) as error:
            raise Fault(type(error).__name__) from error
        called = {id(node.func) for node in ast.walk(parsed) if isinstance(node, ast.Call)}
        names = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name) and id(node) not in called}
        evaluator = SimpleEval(operators=dict(_OPERATORS), functions=dict(_FUNCTIONS), names={})
        return cls(text, frozenset(names), parsed, evaluator)

    def holds(self, values: Mapping[str, float]) -> bool:
        """Yes or no. Raises `Fault` for anything else."""
        with self._lock:
            self._evaluator.names = values
            try:
                answer = self._evaluator.eval(self.text, previously_parsed=self._parsed)
            except (InvalidExpression, ArithmeticError, ValueError, TypeError, RecursionError) as error:
                raise Fault(type(error).__name__) from error
        if not isinstance(answer, bool):
            raise Fault(type(answer).__name__)
        return answer
