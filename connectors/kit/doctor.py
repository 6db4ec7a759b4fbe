"""What doctor asks every server, in the order in which one would mend it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from connectors.kit.client import Reachable
from provisioner.model.errors import Permanent, SettingsError, TargetError
from provisioner.model.ports import Finding, Severity, Wiring
from provisioner.model.text import Text
from provisioner.transport.answer import Answer
from provisioner.transport.http import HttpSession

FIRST_LOOK: Final = 20.0
"""Seconds that the first look waits at most: who examines sits before it."""

_NAMED: Final = 5
"""Places that are named; of more it is said how many there are."""

_MENDS: Final[Mapping[str, Text]] = {
    "kit.login_refused": Text.of("kit.mend_login"),
    "kit.not_allowed": Text.of("kit.mend_rights"),
    "kit.server_error": Text.of("kit.mend_server"),
    "kit.redirected": Text.of("kit.mend_url"),
    "kit.garbled": Text.of("kit.mend_url"),
    "transport.unreachable": Text.of("kit.mend_unreachable"),
    "transport.interrupted": Text.of("kit.mend_unreachable"),
}


def examination(
    settings: Reachable,
    first_look: Callable[[], Iterator[Finding]],
    logged_in: Callable[[], Iterator[Finding]],
    mends: Mapping[str, Text] | None = None,
) -> Iterator[Finding]:
    """The findings. Never writes, never raises `TargetError`; stops where going on would make things worse.

    Can the secret be read, would it travel in the open; then ``first_look``, without a log-in (is it the product at
    all: see `as_stranger`), after which nobody logs in where it found an error; then ``logged_in``. Both may raise
    `TargetError`, which becomes a finding; ``mends`` by the code of its text say more than the kit's own.
    """
    known = {**_MENDS, **(mends or {})}
    try:
        settings.secret()
    except SettingsError as error:
        yield Finding(Severity.ERROR, error.text, Text.of("kit.mend_secret_file"))
        return
    if settings.is_open_to_listeners:
        what = Text.of("kit.not_encrypted", url=settings.url)
        yield Finding(Severity.ERROR, what, Text.of("kit.mend_not_encrypted"))
        return
    for look in (first_look, logged_in):
        try:
            for finding in look():
                yield finding
                if finding.severity is Severity.ERROR and look is first_look:
                    return
        except TargetError as error:
            usual = Text.of("kit.mend_url") if look is first_look else None
            yield Finding(Severity.ERROR, error.text, known.get(error.text.code, usual))
            return


def as_stranger(settings: Reachable, wiring: Wiring, path: str) -> Answer:
    """One GET without a log-in, once: what everybody is told, whatever its status.

    Raises `TargetError`, for a redirect too.
    """
    session = HttpSession(wiring.gate, timeout=min(settings.timeout, FIRST_LOOK), ca_file=settings.ca_file)
    try:
        answer = session.call("GET", f"{settings.url}{path}")
    finally:
        session.close()
    if 300 <= answer.status < 400:
        raise Permanent(Text.of("kit.redirected", to=answer.headers.get("location", "")), f"HTTP {answer.status}")
    return answer


def not_the_product(settings: Reachable, product: str, status: int, mend: Text | None = None) -> Finding:
    """What answers there is something else: nobody should log in to it."""
    what = Text.of("kit.another_product", url=settings.url, product=product, status=status)
    return Finding(Severity.ERROR, what, mend or Text.of("kit.mend_url"))


def read_by_strangers(places: Sequence[str]) -> Iterator[Finding]:
    """What to say of places of ours, by their names, that people read who are not logged in; nothing of none."""
    if places:
        what = Text.of("kit.read_by_strangers", count=len(places), named=", ".join(places[:_NAMED]))
        yield Finding(Severity.WARNING, what, Text.of("kit.mend_read_by_strangers"))
