"""readi init, validate: the registry and the policy before anything is planned."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from policies.reference import starter
from provisioner.app.alerting.unread import unread_problems
from provisioner.app.reporting import problem_report
from provisioner.app.reports import ValidateReport
from provisioner.app.sensor_counts import SensorCounts
from provisioner.app.settings import find_settings
from provisioner.cli.context import FAILED, NOTHING_TO_DO, Context, context_of, working
from provisioner.cli.planning import AsJson
from provisioner.registry.problems import Problem, in_order
from provisioner.registry.starting import init


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("init")(init_command)
    app.command("validate")(validate_command)


def init_command(
    ctx: typer.Context, folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]
) -> int:
    """Write a commented starter: registry, policy, settings."""
    context = context_of(ctx)
    for path in init(folder, starter()):
        context.out.print(f"  {path}", markup=False)
    context.out.print(context.tell("initialised", folder=str(folder)), markup=False)
    return NOTHING_TO_DO


def validate_command(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Every mistake of registry and policy at once: where it is, what is wrong, how to mend it.

    Also what the bridge's settings name and can't be used: files that can't be read, secrets that could be guessed.
    """
    context = context_of(ctx)
    site = context.open_site()
    with working(context, "reading"):
        loaded, policy = site.read_registry(), site.read_policy()
    misnamed = () if policy.policy is None else site.misnamed(policy.policy, loaded)
    unread = unread_problems(site, str(find_settings(context.settings)))
    problems = (*in_order((*policy.problems, *misnamed)), *unread, *loaded.problems)
    registry, counts = loaded.registry, SensorCounts.of(loaded.registry)
    if as_json:
        context.print_json(
            ValidateReport(
                people=len(registry.people),
                organisations=len(registry.organisations),
                bodies=len(registry.bodies),
                sensor_models=counts.models,
                sensors=counts.sensors,
                devices=counts.devices,
                patterns=counts.patterns,
                rules=counts.rules,
                problems=[problem_report(problem, context.say) for problem in problems],
            )
        )
    else:
        for problem in problems:
            _print(context, problem, site.registry_folder)
        if counts or site.section.bridge is not None:
            context.out.print(context.tell("sensors_counted", **asdict(counts)), style="bold", markup=False)
        errors = sum(problem.is_error for problem in problems)
        context.out.print(
            context.tell(
                "validated",
                people=len(registry.people),
                organisations=len(registry.organisations),
                bodies=len(registry.bodies),
                errors=errors,
                warnings=len(problems) - errors,
            ),
            style="bold",
            markup=False,
        )
    return FAILED if any(problem.is_error for problem in problems) else NOTHING_TO_DO


def _print(context: Context, problem: Problem, folder: Path) -> None:
    style = "red" if problem.is_error else "yellow"
    where = folder if problem.where.file == "." else problem.where
    context.out.print(f"{where}: {context.say(problem.what)}", style=style, markup=False)
    context.out.print(f"    {context.say(problem.mend)}", markup=False)
