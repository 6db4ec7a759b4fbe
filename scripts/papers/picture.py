"""Pictures of a plan in a terminal: the example network on emulators, a few days after its first sync."""

import io
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from connectors.nextcloud.sandbox import NextcloudSandbox
from provisioner.app.applying import Approval, apply
from provisioner.app.carrying_out import Started
from provisioner.app.connectors import text_packages
from provisioner.app.planning import Planned, make_plan
from provisioner.app.sandbox import Sandboxes, example_folder
from provisioner.app.site import Site
from provisioner.cli.names import PersonNames
from provisioner.cli.render import PlanText
from provisioner.emulation import VirtualClock
from provisioner.registry import editing
from provisioner.texts import Catalogue, Language

WIDTH = 118
"""Columns of the terminal."""
_MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
# No web font: whoever looks at the picture shall not be reported to somebody else's server.
_FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def pictures() -> dict[str, str]:
    """The same plan in both languages, as SVG."""
    planned = example_plan()
    return {
        "docs/images/plan.svg": _drawn(planned, "en", "plan"),
        "docs/images/plan-de.svg": _drawn(planned, "de", "plan-de"),
    }


def example_plan() -> Planned:
    """What is to be done in Nextcloud after some everyday edits, and something changed there by hand."""
    clock = VirtualClock(_MONDAY)
    with tempfile.TemporaryDirectory(prefix="readi-docs-") as name, Sandboxes(clock, ["nextcloud"]) as sandboxes:
        folder = Path(name)
        shutil.copytree(example_folder() / "registry", folder / "registry")
        [cloud] = sandboxes.running
        assert isinstance(cloud, NextcloudSandbox)  # noqa: S101 - for the type checker
        cloud.prepare_for_demo()
        site = Site.open(sandboxes.write_settings(folder, Path("registry")), clock=clock)
        try:
            apply(site, Approval(), Started("docs", "docs"))
            _live_on(site, cloud)
            with site.targets() as targets:
                return make_plan(site, targets)
        finally:
            site.close()


def _live_on(site: Site, cloud: NextcloudSandbox) -> None:
    """A new colleague, another name, a farewell; and somebody renames a group in Nextcloud."""
    registry, today = site.registry_folder, _MONDAY.date()
    people = site.read_registry().registry.people
    leaver = max(person.id for person in people.values() if person.memberships and person.guest is None)
    editing.add_person(
        editing.Files(registry),
        given_name="Levke",
        family_name="Bühlmeier",
        email="levke.buehlmeier@bretten.example",
        organisation="bretten",
        bodies=("pg-sensorik", "pg-e-akte"),
    )
    editing.rename_body(editing.Files(registry), "pg-strategie", "Digitale Zukunft")
    editing.leave_person(editing.Files(registry), leaver, today - timedelta(days=1))
    cloud.emulator.rename_group("PG_E-Akte", "E-Akte (alt)")


def _drawn(planned: Planned, language: Language, identity: str) -> str:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    say = Catalogue(language, text_packages())
    console.print("$ readi plan" if language == "de" else f"$ readi --lang {language} plan", style="dim")
    for line in PlanText(planned.plan, say, PersonNames.of(planned)).lines():
        console.print(line)
    svg = console.export_svg(title="readi plan", theme=MONOKAI, code_format=_FORMAT, unique_id=identity)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
