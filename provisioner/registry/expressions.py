"""What an expression of a rule may be made of: looked at, never evaluated, so that a wrong one is told at once.

Names of quantities, numbers, comparisons, ``and``/``or``/``not``, ``+ - * /``, and a few functions. Whoever evaluates
it allows no more than this.
"""

import ast
import re
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 20
"""Of what is written inside one another."""
LARGEST: Final = 1e12
BATTERY: Final = "battery"
"""The name of what is left of the battery, in percent."""
FUNCTIONS: Final = {"abs": (1, 1), "max": (2, 20), "min": (2, 20), "round": (1, 2)}
"""How many things each is given: at least, at most."""

_CONDITIONS: Final = (ast.Compare, ast.BoolOp, ast.Name)
_STRANGE: Final = re.compile(r"[^\w\s.,()<>=!+*/&|-]")
"""Quotes, brackets, backslashes …: nothing that is allowed needs them, and Python warns aloud of some."""
_GLUED: Final = re.compile(r"(?<![\w.])(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+[^\W\d]\w*")
"""``5cm``, ``1or``: a number with letters behind it."""
_GERMAN: Final = re.compile(r"\b(?:und|oder|nicht)\b|&&?|\|\|?|!(?!=)", re.IGNORECASE)
_EQUALS: Final = re.compile(r"(?<![=<>!])=(?!=)")
_ALLOWED: Final = (
    ast.Expression,
    ast.BoolOp,
    ast.UnaryOp,
    ast.BinOp,
    ast.Compare,
    ast.Call,
    ast.Name,
    ast.Constant,
    ast.Load,
    ast.And,
    ast.Or,
    ast.Not,
    ast.UAdd,
    ast.USub,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.Eq,
    ast.NotEq,
)


@dataclass(frozen=True, slots=True)
class Looked:
    """``code`` of what is wrong, of this room's texts, with ``part`` of the expression where it is; "": nothing."""

    names: frozenset[str] = frozenset()
    """Quantities, and `BATTERY`."""
    code: str = ""
    part: str = ""
    form: str = ""
    """The same for expressions that differ in their layout alone."""


def looked_at(expression: str) -> Looked:
    """What an expression names, or what is wrong with it. Never raises."""
    if len(expression) > MAX_LENGTH:
        return Looked(code="registry.long_expression")
    text = " ".join(expression.split())
    if found := _STRANGE.search(text):
        return Looked(code="registry.expression_not_allowed", part=found.group())
    if found := _GLUED.search(text):
        return Looked(code="registry.no_expression", part=found.group())
    try:
        return _looked_at(ast.parse(text, mode="eval").body)
    except SyntaxError as fault:
        return _slip(text, fault)
    except (ValueError, RecursionError, MemoryError):
        return Looked(code="registry.deep_expression")


def _slip(text: str, fault: SyntaxError) -> Looked:
    """What people write who do not know how else to; else where Python gave up."""
    for pattern, code in ((_GERMAN, "registry.expression_words"), (_EQUALS, "registry.expression_equals")):
        if found := pattern.search(text):
            return Looked(code=code, part=text[max(0, found.start() - 12) : found.end() + 12].strip())
    offset = fault.offset or 1
    return Looked(code="registry.no_expression", part=text[max(0, offset - 9) : offset + 12].strip())


def _looked_at(root: ast.expr) -> Looked:
    names = set[str]()
    waiting: list[tuple[ast.AST, int]] = [(root, 1)]
    called = set[int]()
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return Looked(code="registry.deep_expression")
        code = _wrong_with(node, called)
        if code:
            return Looked(code=code, part=_part(node))
        if isinstance(node, ast.Name) and id(node) not in called:
            names.add(node.id)
        waiting += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    odd = _no_condition(root)
    if odd is not None:
        return Looked(code="registry.no_condition", part=_part(odd))
    if not names:
        return Looked(code="registry.constant_expression", part=_part(root))
    return Looked(frozenset(names), form=ast.dump(root))


def _wrong_with(node: ast.AST, called: set[int]) -> str:
    """Code of what is wrong with this part by itself. A name that is called is noted in ``called``."""
    if isinstance(node, ast.Tuple):
        return "registry.expression_comma"
    if isinstance(node, ast.Constant):
        fits = isinstance(node.value, int | float) and -LARGEST <= node.value <= LARGEST
        return "" if fits else "registry.expression_not_allowed"
    if isinstance(node, ast.Call):
        least, most = FUNCTIONS.get(node.func.id, (1, 0)) if isinstance(node.func, ast.Name) else (1, 0)
        called.add(id(node.func))
        return "" if least <= len(node.args) <= most and not node.keywords else "registry.expression_function"
    return "" if isinstance(node, _ALLOWED) else "registry.expression_not_allowed"


def _no_condition(node: ast.expr) -> ast.expr | None:
    """The first thing that is neither true nor false though it stands where something has to be: ``level > 1 or 2``."""
    if isinstance(node, ast.BoolOp):
        return next((odd for value in node.values if (odd := _no_condition(value)) is not None), None)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _no_condition(node.operand)
    return None if isinstance(node, _CONDITIONS) else node


def _part(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:40]
    except (RecursionError, AttributeError):
        return ""
