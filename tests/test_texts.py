"""Every sentence in both languages: each code that is used has its entry, each entry is used, placeholders agree.

Codes are found in the syntax trees: literal ones anywhere, and those that a function puts together from one of its
parameters (``tell("x")`` says ``cli.x``) at every call of that function. Whatever else is put together is listed below.
The console's templates say ``t("x")`` for ``console.x``.
"""

import ast
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
import yaml
from jinja2 import Environment, nodes

from policies.membership import Standing
from provisioner.app.alerting.answers import Answer
from provisioner.app.letters.notice_facts import WEEK
from provisioner.app.pages.overview import DUES
from provisioner.app.pages.rooms import ROOMS
from provisioner.app.pages.sensor_pages import Show
from provisioner.app.work.progress import APPLYING, READING
from provisioner.calendars.rules import WEEKDAYS
from provisioner.calendars.words import PLACES
from provisioner.console.audit import ACTIONS
from provisioner.console.errors import TITLES
from provisioner.console.navigation import CODES, GROUPS
from provisioner.console.pages import SAID
from provisioner.console.safety import REACHES, RIGHTS
from provisioner.console.sensors import COUNTED
from provisioner.lifecycle.ladder import Rung
from provisioner.messages.wording import POSTS, REASONS, WORDINGS
from provisioner.model.alerts import AlertSeverity, SayingKind, Turn
from provisioner.model.changes import ChangeClass, Verb
from provisioner.model.enrolments import RequestState
from provisioner.model.errands import Job
from provisioner.model.messages import LetterKind, LetterState
from provisioner.model.plan import NoticeKind
from provisioner.model.registry import BodyKind, JoinMode, OrganisationKind, Role
from provisioner.model.resources import EdgeRole, FieldName, Kind
from provisioner.model.sources import PERSON_FIELDS
from provisioner.model.text import Text
from provisioner.model.words import field_words, role_word
from provisioner.planning.drift import DriftKind
from provisioner.state import Outcome, PlanState, StepState
from provisioner.state.alert_outbox import SaidState
from provisioner.state.persons import KEPT
from provisioner.texts import Catalogue, Language
from provisioner.texts.catalogue import sentences as sentences_of

ROOT = Path(__file__).parents[1]
CATALOGUES = {
    "policies" if path.parent.name == "policies" else path.parent.name: path
    for depth in ("*", "*/*", "*/*/*")
    for path in sorted(ROOT.glob(f"{depth}/texts.yaml"))
}
TEMPLATES = sorted((ROOT / "provisioner" / "console" / "templates").rglob("*.html"))
FOLDERS = ("provisioner", "connectors", "policies", "docs/example-connector/noticeboard")
SOURCES = sorted(path for room in FOLDERS for path in (ROOT / room).rglob("*.py"))
CODE = re.compile(rf"(?:{'|'.join(CATALOGUES)})\.[a-z][a-z0-9_]*")
NO_CODES = {
    *("nextcloud.edit", "nextcloud.put", "nextcloud.log", "service.job", "service.plan", "service.watched"),
    *("nextcloud.say", "console.css", "console.js"),
}
"""Literals that look like codes: the name of a rate limit's bucket, of a file, of what the database keeps."""
SUFFIXES = ("_mend", "_title")
"""Of a code that is known only at run time: how to mend what it says, the heading above all that share it."""

_STATES = [str(state) for state in StepState]
_OUTCOMES = [str(outcome) for outcome in Outcome]
LISTED: dict[str, Iterable[str]] = {
    "alerting.answer_{}": [str(answer) for answer in Answer if answer is not Answer.STATUS],
    "app.parent_{}": [*(str(kind) for kind in BodyKind), "archive"],
    "model.resource_{}": [str(kind).replace("-", "_") for kind in Kind],
    "model.edge_{}": [*(str(role) for role in EdgeRole), "moderates", "deletes"],
    "alerts.severity_{}": [str(severity) for severity in AlertSeverity],
    "cli.class_{}": [str(each) for each in ChangeClass if each is not ChangeClass.AUTO],
    "model.field_{}": sorted({*get_args(FieldName), *PERSON_FIELDS}),
    "model.role_{}": [str(role).replace("-", "_") for role in Role],
    "model.organisations_{}": [str(kind) for kind in OrganisationKind],
    "cli.drift_{}": [str(kind) for kind in DriftKind if kind is not DriftKind.FIELD],
    "cli.severity_{}": [str(severity) for severity in AlertSeverity],
    "cli.state_{}": _STATES,
    "cli.turn_{}": [str(turn) for turn in Turn],
    "cli.kept_{}": KEPT,
    "cli.run_{}": [*_OUTCOMES, "open"],
    "cli.outcome_{}": _OUTCOMES,
    "calendars.{}": PLACES.values(),
    "calendars.on_{}": [day.lower() for day in WEEKDAYS],
    "calendars.day_{}": [day.lower() for day in WEEKDAYS],
    "calendars.weekly{}": ("", "_every"),
    "calendars.monthly{}": ("", "_every"),
    "calendars.monthly_number{}": ("", "_every"),
    "app.import_expect_{}": ("join", "other", "quota", "display_name", "field"),
    "messages.{}": [*WORDINGS, *POSTS],
    "messages.{}_subject": WORDINGS,
    "messages.{}_why": REASONS,
    "messages.week_{}": WEEK,
    "planning.guard_{}_updates": [str(kind).replace("-", "_") for kind in Kind],
    "console.nav_{}": CODES,
    "console.nav_group_{}": GROUPS,
    "console.right_{}": RIGHTS,
    "console.reach_{}": REACHES,
    "console.said_{}": SAID,
    "console.error_{}": TITLES,
    "console.error_{}_why": TITLES,
    "console.audit_{}": ACTIONS,
    "console.body_joins_{}": [str(mode) for mode in JoinMode],
    "console.class_{}": [str(each) for each in ChangeClass],
    "console.due_{}": DUES,
    "console.alert_link_{}": ("map", "dashboard", "elsewhere"),
    "console.saying_{}": [str(kind) for kind in SayingKind],
    "console.saying_state_{}": [str(state) for state in SaidState],
    "console.sender_count_{}": COUNTED,
    "console.sensors_show_{}": [str(show) for show in Show],
    "console.severity_{}": [str(severity) for severity in AlertSeverity],
    "console.silence_{}": ("rule", "sensor", "body", "pair", "organisation", "all"),
    "console.how_{}": ("written", "rule", "service"),
    "console.job_{}": [str(job) for job in Job],
    "console.kind_{}": [str(kind) for kind in LetterKind],
    "console.letter_{}": [str(state) for state in LetterState],
    "console.notice_{}": [str(kind) for kind in NoticeKind],
    "console.outcome_{}": [*_OUTCOMES, "refused", "failed", "locked"],
    "console.phase_{}": (READING, APPLYING),
    "console.plan_state_{}": [str(state) for state in PlanState],
    "console.role_{}": [str(role) for role in (Role.MEMBER, Role.MODERATOR, Role.GUEST)],
    "console.room_{}": [str(kind).replace("-", "_") for kind in ROOMS],
    "console.request_{}": [str(state) for state in RequestState],
    "console.run_{}": [*_OUTCOMES, "open"],
    "console.rung_{}": [str(rung).replace("-", "_") for rung in Rung],
    "console.standing_{}": [str(standing).replace("-", "_") for standing in Standing],
    "console.step_{}": _STATES,
    "console.verb_{}": [str(verb) for verb in Verb],
    "planning.{}": (
        *("joined", "taken_out", "ended", "dropped", "put_in", "raised", "lowered", "regraded"),
        *("kept_missing", "kept_extra", "kept_rights"),
    ),
}
"""Templates with something else than a parameter in them → what may stand there."""


@dataclass(frozen=True)
class Maker:
    """A function that makes a code of one of its parameters; known in its file, or with a public name in its room."""

    home: str
    name: str
    parameter: str
    position: int
    prefix: str
    suffix: str


@dataclass(frozen=True)
class Use:
    """One place where a code is used. ``arguments`` None: they can't be told from the call."""

    code: str
    where: str
    arguments: frozenset[str] | None = None


def entries() -> dict[str, dict[str, str]]:
    """Code → language → sentence, of all rooms."""
    return {
        f"{room}.{what}": sentences
        for room, path in CATALOGUES.items()
        for what, sentences in yaml.safe_load(path.read_text(encoding="utf-8")).items()
    }


ENTRIES = entries()
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def called(call: ast.Call) -> str:
    """ "of" of Text.of, "tell" of context.tell."""
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def parameters(function: Function) -> list[str]:
    """Names, in the order in which a caller gives them."""
    given = function.args
    return [arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs) if arg.arg not in ("self", "cls")]


def home_of(path: Path, name: str) -> str:
    """Where calls by this name mean this function."""
    return str(path) if name.startswith("_") else str(path.parent)


def is_known(maker: Maker, path: Path) -> bool:
    return maker.home in ("", str(path), str(path.parent))


def shape(node: ast.expr) -> tuple[str, ast.expr, str] | None:
    """(prefix, what is put in, suffix) of an f-string with one gap, or of an expression by itself."""
    if isinstance(node, ast.JoinedStr):
        gaps = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        if len(gaps) != 1:
            return None
        at = node.values.index(gaps[0])
        text = [
            "".join(str(p.value) for p in part if isinstance(p, ast.Constant))
            for part in (node.values[:at], node.values[at + 1 :])
        ]
        return text[0], gaps[0].value, text[1]
    return "", node, ""


def makers() -> set[Maker]:
    """All of them, also those that hand their parameter on to another."""
    known = {Maker("", "of", "code", 0, "", "")}
    while True:
        found = set(known)
        for path, tree in TREES.items():
            near = {maker for maker in known if is_known(maker, path)}
            for function in ast.walk(tree):
                if isinstance(function, ast.FunctionDef):
                    found |= set(made_in(function, near, path))
        if found == known:
            return known
        known = found


def made_in(function: ast.FunctionDef, known: set[Maker], path: Path) -> Iterator[Maker]:
    names, home = parameters(function), home_of(path, function.name)
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        for maker in known:
            given = argument(call, maker)
            parts = None if given is None else shape(given)
            if parts is not None and isinstance(parts[1], ast.Name) and parts[1].id in names:
                at = names.index(parts[1].id)
                yield Maker(home, function.name, parts[1].id, at, maker.prefix + parts[0], parts[2] + maker.suffix)


def argument(call: ast.Call, maker: Maker) -> ast.expr | None:
    """What a call hands to a maker as its code, if it is a call of that maker."""
    if called(call) != maker.name:
        return None
    if len(call.args) > maker.position:
        return call.args[maker.position]
    return next((word.value for word in call.keywords if word.arg == maker.parameter), None)


def uses() -> Iterator[Use]:
    """Every code that can be said."""
    known = makers()
    for path, tree in TREES.items():
        where = str(path.relative_to(ROOT))
        near = {maker for maker in known if is_known(maker, path)}
        parts_of_others = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in parts_of_others:
                if isinstance(node.value, str) and CODE.fullmatch(node.value) and node.value not in NO_CODES:
                    yield Use(node.value, f"{where}:{node.lineno}")
            elif isinstance(node, ast.JoinedStr) and (parts := shape(node)) is not None:
                template = f"{parts[0]}{{}}{parts[2]}"
                for value in LISTED.get(template, ()):
                    yield Use(template.format(value), f"{where}:{node.lineno}")
            elif isinstance(node, ast.FunctionDef):
                yield from uses_in(node, near, where)


def uses_in(function: ast.FunctionDef, known: set[Maker], where: str) -> Iterator[Use]:
    """The codes that a function says through makers; a variable stands for every literal that it is ever given."""
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, []).append(node.value)
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        for maker in known:
            given = argument(call, maker)
            if given is None or (maker.suffix == "_mend" and len(call.args) > maker.position + 1):
                continue  # a mend of its own comes behind the code
            for choice in choices(given, values):
                for code in codes(choice, maker):
                    arguments = told(call) if maker.name in ("of", "tell", "_tell") else None
                    yield Use(code, f"{where}:{call.lineno}", arguments)


def choices(given: ast.expr, values: dict[str, list[ast.expr]]) -> Iterator[ast.expr]:
    if isinstance(given, ast.IfExp):
        yield from choices(given.body, values)
        yield from choices(given.orelse, values)
    elif isinstance(given, ast.Name):
        for value in values.get(given.id, ()):
            if not isinstance(value, ast.Name):
                yield from choices(value, values)
    else:
        yield given


def codes(choice: ast.expr, maker: Maker) -> Iterator[str]:
    if isinstance(choice, ast.Constant) and isinstance(choice.value, str):
        code = f"{maker.prefix}{choice.value}{maker.suffix}"
        if CODE.fullmatch(code) and code not in NO_CODES:
            yield code
    elif isinstance(choice, ast.JoinedStr) and (parts := shape(choice)) is not None:
        template = f"{maker.prefix}{parts[0]}{{}}{parts[2]}{maker.suffix}"
        yield from (template.format(value) for value in LISTED.get(template, ()))


def said_in_templates() -> Iterator[tuple[str, nodes.Call, str]]:
    """Every sentence of the console's templates, ``{}`` for what is put into its code: ``t("nav_" ~ entry.code)``."""
    for path in TEMPLATES:
        for call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                where = f"{path.relative_to(ROOT)}:{call.lineno}"
                for code in codes_in_template(call.args[0]):
                    yield f"console.{code}", call, where


def codes_in_template(given: nodes.Expr) -> Iterator[str]:
    if isinstance(given, nodes.CondExpr):
        assert given.expr2 is not None
        yield from codes_in_template(given.expr1)
        yield from codes_in_template(given.expr2)
    elif isinstance(given, nodes.Concat):
        yield "".join(str(part.value) if isinstance(part, nodes.Const) else "{}" for part in given.nodes)
    else:
        yield str(given.value) if isinstance(given, nodes.Const) else "{}"


def uses_in_templates() -> Iterator[Use]:
    for template, call, where in said_in_templates():
        arguments = frozenset(word.key for word in call.kwargs)
        for value in LISTED.get(template, ()) if "{}" in template else [""]:
            yield Use(template.format(value), where, arguments)


def templates() -> Iterator[str]:
    """Every f-string that begins like a code, with what it is made of: a parameter, or something to be listed."""
    known = makers()
    for path, tree in TREES.items():
        of_makers = {(maker.prefix, maker.suffix) for maker in known if is_known(maker, path)}
        for node in ast.walk(tree):
            parts = shape(node) if isinstance(node, ast.JoinedStr) else None
            if parts and CODE.match(f"{parts[0]}x") and (parts[0], parts[2]) not in of_makers:
                yield f"{parts[0]}{{}}{parts[2]}"
    yield from (template for template, _, _ in said_in_templates() if "{}" in template)


def told(call: ast.Call) -> frozenset[str] | None:
    """The names of the arguments that a call gives to a sentence."""
    names = {word.arg for word in call.keywords}
    return None if None in names else frozenset(name for name in names if name is not None)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


USES = [*uses(), *uses_in_templates()]


def test_there_are_rooms_codes_and_makers_to_look_at() -> None:
    assert {
        "app",
        "cli",
        "planning",
        "execution",
        "state",
        "registry",
        "transport",
        "nextcloud",
        "ldap",
    } <= CATALOGUES.keys()
    assert len(USES) > 400
    assert Maker(str(ROOT / "provisioner" / "cli"), "tell", "code", 0, "cli.", "") in makers()


@pytest.mark.parametrize("room", CATALOGUES)
def test_every_sentence_is_there_in_both_languages_with_the_same_placeholders(room: str) -> None:
    for code, sentences in ENTRIES.items():
        if code.startswith(f"{room}."):
            assert sorted(sentences) == ["de", "en"], code
            assert all(isinstance(sentence, str) and sentence.strip() for sentence in sentences.values()), code
            assert placeholders(sentences["de"]) == placeholders(sentences["en"]), code


@pytest.mark.parametrize("room", CATALOGUES)
def test_no_sentence_takes_the_place_of_another_of_the_same_code(room: str) -> None:
    codes = re.findall(r"^([a-z0-9_]+):", CATALOGUES[room].read_text(encoding="utf-8"), re.MULTILINE)
    assert [code for code, count in Counter(codes).items() if count > 1] == []


def test_every_code_that_is_used_has_its_sentence() -> None:
    assert sorted({f"{use.code} ({use.where})" for use in USES if use.code not in ENTRIES}) == []


def test_every_code_that_is_put_together_is_listed_here() -> None:
    assert sorted(set(templates()) - LISTED.keys()) == []


def test_every_sentence_is_used() -> None:
    used = {use.code for use in USES}
    used |= {f"{code}{suffix}" for code in used for suffix in SUFFIXES}
    assert sorted(ENTRIES.keys() - used) == []


def test_every_sentence_gets_all_that_it_names() -> None:
    short = {
        f"{use.code} ({use.where}): {sorted(missing)}"
        for use in USES
        if use.arguments is not None and use.code in ENTRIES
        if (missing := placeholders(ENTRIES[use.code]["en"]) - use.arguments)
    }
    assert sorted(short) == []


def test_one_is_not_many_and_words_of_ours_are_said_in_the_language_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = {"de": "{count} {count:Konto|Konten}: {fields}, {role}", "en": "{count} {count:account|accounts}"}
    monkeypatch.setattr("provisioner.texts.catalogue.sentences", lambda room: {"x": sentence, **sentences_of(room)})
    words = {"fields": field_words(["email", "quota"]), "role": role_word(Role.MODERATOR)}
    assert Catalogue("de")(Text.of("cli.x", count=1, **words)) == "1 Konto: E-Mail, Speicherplatz, Moderation"
    assert Catalogue("de")(Text.of("cli.x", count=1000, **words)) == "1.000 Konten: E-Mail, Speicherplatz, Moderation"
    assert Catalogue("en")(Text.of("cli.x", count=0)) == "0 accounts"


@pytest.mark.parametrize("language", ["de", "en"])
def test_numbers_that_name_something_are_shown_as_they_are_typed(language: Language) -> None:
    say = Catalogue(language)
    assert " 8765 " in say(Text.of("app.demo_port_taken", port=8765))
    assert "1024" in say(Text.of("app.unknown_run", run=1024))
    assert "1024" not in say(Text.of("cli.outcome_done", run=7, done=1024))
