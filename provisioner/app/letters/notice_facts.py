"""What stands in notices and in the summary of the week: counts, names of targets, a link. Nothing of anybody."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from provisioner.app.letters.page_links import page
from provisioner.app.site import Site
from provisioner.messages.wording import Facts
from provisioner.model.text import Argument, Text

About = Mapping[str, str | int]

_LEADS_TO: Final = {
    "waiting": "plan",
    "refused": "plan",
    "failing": "history",
    "letters": "letters",
    "namesake": "people",
    "given_up": "history",
    "not_pulled": "overview",
    "unsaid": "alerts",
}
DONE, FAILED = "done:", "failed:"
"""Before a target's name in ``about`` of a notice that something changed: its counts."""
WEEK: Final = (
    *("came", "joined", "left", "leaving", "requests", "confirmations", "vacancies", "hand_over", "erasable"),
    *("plans", "waits", "drift", "troubles", "runs_failed", "letters_unknown", "letters_refused", "errands"),
)
"""Counts of a week, in the order in which they are told; what is 0 is left out."""


def notice_facts(site: Site, about: About) -> Facts:
    """``what`` says which notice it is."""
    what = str(about["what"])
    values: dict[str, Argument] = {name: value for name, value in about.items() if ":" not in name and name != "what"}
    if "until" in values:
        values["until"] = date.fromisoformat(str(values["until"]))
    of = (about["person"],) if what == "namesake" else ()
    link = page(site, _LEADS_TO[what], *of) if what in _LEADS_TO else ""
    return Facts(variant=what, values=values, lines=tuple(_targets(about)), link=link)


def weekly_facts(site: Site, about: About) -> Facts:
    """See `provisioner.app.letters.weekly.summary`."""
    values: dict[str, Argument] = {name: date.fromisoformat(str(about[name])) for name in ("since", "until")}
    counted = [(name, int(about.get(name, 0))) for name in WEEK]
    lines = tuple(Text.of(f"messages.week_{name}", count=count) for name, count in counted if count)
    return Facts(values=values, lines=lines or (Text.of("messages.week_quiet"),), link=page(site, "overview"))


def _targets(about: About) -> Iterator[Text]:
    for name, count in about.items():
        if name.startswith(DONE):
            target = name.removeprefix(DONE)
            failed = int(about.get(f"{FAILED}{target}", 0))
            code = "messages.notice_target_failed" if failed else "messages.notice_target"
            arguments: dict[str, Argument] = {"target": target, "done": int(count)}
            yield Text(code, {**arguments, "failed": failed} if failed else arguments)
