"""readi demo: the whole story on emulators, told in a terminal."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.app.leavers import Leavers
from provisioner.app.looking import Drifted
from provisioner.app.planning import Planned
from provisioner.app.reports import DemoReport, FirstSync, SecondSync
from provisioner.app.site import Site
from provisioner.cli.context import NOTHING_TO_DO, Context, context_of
from provisioner.cli.demo_serving import serve_command
from provisioner.cli.leavers import tell_leavers
from provisioner.cli.looking import drift_lines
from provisioner.cli.names import PersonNames
from provisioner.cli.render import PlanText
from provisioner.model.changes import Change, Verb
from provisioner.model.resources import Kind
from provisioner.model.text import Text

if TYPE_CHECKING:  # the emulators are loaded by those who want to see them
    from provisioner.app.demo.telling import Audience, Story


demo = typer.Typer(invoke_without_command=True, help="The whole story, or the whole service, on emulators.")
demo.command("serve")(serve_command)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(demo, name="demo")


@demo.callback()
def demo_command(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="The figures, as the last line of standard output.")] = False,
) -> int:
    """The whole story on emulators in under half a minute: touches nothing but loopback and a temporary folder."""
    if ctx.invoked_subcommand is not None:
        return NOTHING_TO_DO
    from provisioner.app.demo.story import Demo

    context = context_of(ctx)
    story = Demo(_Teller(context).audience()).run()
    if as_json:
        context.print_json(_report(story))
    return NOTHING_TO_DO


def _report(story: "Story") -> DemoReport:
    return DemoReport(
        people=story.people,
        resources=story.resources,
        first=FirstSync(
            changes=story.first_changes,
            requests=story.first.requests,
            writes=story.first.writes,
            seconds=story.first_seconds,
        ),
        second=SecondSync(changes=story.second_changes, requests=story.second.requests, writes=story.second.writes),
        drift=story.drift,
        refused=story.refused,
    )


class _Teller:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._out = context.out
        self._told = 0

    def audience(self) -> "Audience":
        from provisioner.app.demo.telling import Audience

        return Audience(self._chapter, self._say, self._plan, self._drift, self._leavers, self._yaml)

    def _chapter(self, heading: Text) -> None:
        self._told += 1
        self._out.print()
        self._out.print(f"{self._told:<2} {self._context.say(heading)}", style="bold cyan", markup=False)

    def _say(self, sentence: Text) -> None:
        self._out.print(f"  {self._context.say(sentence)}", markup=False)

    def _plan(self, planned: Planned, most: int) -> None:
        text = PlanText(planned.plan, self._context.say, PersonNames.of(planned))
        changes = list(text.changes())
        shown = _of_each_sort([change for change, _ in changes], most)
        for change, line in changes:
            if change in shown:
                self._out.print(line)
        if len(changes) > len(shown):
            rest = self._context.tell("and_more", count=len(changes) - len(shown))
            self._out.print(f"    … {rest}", style="dim", markup=False)
        self._out.print(f"  {text.summary()}", style="bold", markup=False)
        for line in text.refusals(most=2):
            self._out.print(line)

    def _drift(self, drifted: Drifted, site: Site) -> None:
        names = PersonNames.of_drift(site.read_registry().registry, drifted)
        for line in drift_lines(self._context, drifted, names):
            self._out.print(f"  {line}", style="yellow", markup=False)

    def _leavers(self, leavers: Leavers) -> None:
        tell_leavers(self._context, leavers)

    def _yaml(self, lines: str) -> None:
        self._out.print(lines.rstrip(), style="green", markup=False, highlight=False, soft_wrap=True)


def _of_each_sort(changes: Sequence[Change], most: int) -> Sequence[Change]:
    """At most so many, and of every sort (target, kind, verb) about as many as of any other."""
    sorts: dict[tuple[str, Kind, Verb], list[Change]] = {}
    for change in changes:
        sorts.setdefault((change.target, change.id.kind, change.verb), []).append(change)
    turns = zip_longest(*sorts.values())
    return [change for turn in turns for change in turn if change is not None][:most]
