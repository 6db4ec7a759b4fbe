"""The console on one installation, served on loopback until standard input ends: prints where, as JSON.

Before that it puts down all that pages show besides people: plans, runs, requests, letters, acts, confirmations.
"""

import json
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import uvicorn
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from policies.desire import desire
from policies.document import Policy
from provisioner.app.connectors import text_packages
from provisioner.app.picture import Picture, Pictures
from provisioner.app.reporting import plan_report
from provisioner.app.site import Site, planning_rules
from provisioner.app.work.last_plan import keep_plan
from provisioner.console.application import ROUTERS, build
from provisioner.console.network import Network
from provisioner.model.bindings import Ties
from provisioner.model.enrolments import EnrolledBody
from provisioner.model.messages import Channel, Letter, LetterKind
from provisioner.model.plan import Plan
from provisioner.model.registry import JoinMode, Role
from provisioner.model.resources import Desired
from provisioner.model.steps import Step
from provisioner.planning.planner import plan_target
from provisioner.state import (
    Audit,
    Confirmations,
    EnrolmentStore,
    Journal,
    Outbox,
    Requests,
    Runs,
    SavedPlans,
    StepState,
    Within,
)
from provisioner.texts import Catalogue
from scripts.benches.offline import capabilities as offline
from scripts.benches.plan_child import observed

TARGET: Final = "target"
STEPS: Final = 20_000
MADE: Final = "pg-schulen"
"""A body that was made by form."""
MANY: Final = 500
"""Requests, confirmations and letters that wait."""
DEEDS: Final = 5_000

FRAMEWORK: Final = "/bare"
"""A page of the bare framework: no session, no template."""

_ELSEWHERE: Final = ("/openid", "/openid/back", "/link/{word}", "/static/{name}")
"""Not pages of the console that a ranger has open: redirects, files."""


def main() -> None:
    """Arguments: the settings' file."""
    site = Site.open(Path(sys.argv[1]))
    fields = {"id": MADE, "name": "Schulen", "kind": "project", "join": "open"}
    EnrolmentStore(site.database, site.network).make_body(EnrolledBody(MADE, fields), "p-0", site.clock.now())
    pictures = Pictures(site)
    picture = pictures.now()
    network = Network(site, pictures)
    ranger = next(one.id for one in picture.registry.people.values() if Role.RANGER in one.roles)
    digest, run = fill(site, picture, ranger)
    word = network.sessions.begin(network.now(), timedelta(days=1), "link", ranger)
    app = build({site.network: network}, site.settings.service, site.clock)

    @app.get(FRAMEWORK)
    def bare() -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>bare</title>")

    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    paths = sorted(set(paths_of(site, picture, digest, run)))
    print(
        json.dumps({"url": f"http://127.0.0.1:{port}", "cookie": {network.cookie(): word}, "paths": paths}), flush=True
    )
    sys.stdin.read()
    server.should_exit = True
    thread.join()
    site.close()


def paths_of(site: Site, picture: Picture, digest: str, run: int) -> Iterator[str]:
    """Every page that can be asked for, with the ids of what there is most to show of; and pages far back in lists."""
    registry = picture.registry
    big = max(registry.bodies, key=lambda body: len(picture.belongings.of_bodies()[body].members))
    busy = max(registry.people, key=lambda person: len(picture.places_of(person)))
    [request, *_] = Requests(site.database, site.network).waiting()
    change = plan_of(picture).targets[0].changes[-1].digest()
    ids = {
        "/people/{identity}": {"identity": busy},
        "/bodies/{identity}/change": {"identity": MADE},
        "/history/{run}": {"run": run},
        "/plans/{digest}": {"digest": digest},
        "/plans/{digest}/changes/{change}": {"digest": digest, "change": change},
    }
    below = f"/{site.network}"
    for route in (route for router in ROUTERS for route in router.routes):
        if isinstance(route, APIRoute) and "GET" in route.methods and route.path not in _ELSEWHERE:
            known = {"identity": big, "body": big, "request": request.id, "person": busy, **ids.get(route.path, {})}
            yield below + route.path.format(**known)
    for path, query in (
        ("people", {"q": "mu", "page": 20}),
        ("people", {"body": big}),
        ("people", {"page": 200}),
        ("bodies", {"page": 10}),
        (f"bodies/{big}", {"page": 2}),
        ("matrix", {"page": 20}),
        ("plan", {"page": 20}),
        ("plan", {"kind": "conversation"}),
        (f"plans/{digest}", {"page": 200}),
        (f"history/{run}", {"page": 200}),
    ):
        yield f"{below}/{path}?{urlencode(query)}"


def plan_of(picture: Picture) -> Plan:
    """A first sync of everybody: the longest plan that there is."""
    capabilities = offline(target=TARGET)
    desired, rules = desire(picture.registry, Policy(), picture.today), planning_rules(Policy())
    part = plan_target(desired, observed(Desired(), capabilities), Ties({}, {}), capabilities, rules)
    return Plan(picture.registry.network, "r" * 64, "p" * 64, (part,))


def fill(site: Site, picture: Picture, ranger: str) -> tuple[str, int]:
    """Put it all down; the saved plan's digest, and the number of the run with most steps."""
    plan, now, say = plan_of(picture), datetime.now(UTC), Catalogue("de", text_packages())
    digest = plan.digest()
    keep_plan(site, plan, say)
    report = plan_report(plan, now, say).model_dump(mode="json", by_alias=True)
    people, network = list(picture.registry.people), site.network
    bodies = [one.id for one in picture.registry.bodies.values() if one.join is not JoinMode.CLOSED]
    with site.database.writing() as connection:
        within = Within(connection)
        SavedPlans(within).save(network, digest, report, now)
        for number in range(MANY):
            body, person = bodies[number % 50], people[number]
            Requests(within, network).ask(person, body, "Ich arbeite daran mit.", now)
            Confirmations(within, network).ask(bodies[number % len(bodies)], picture.today, now)
            Outbox(within, network, now).post(Letter(LetterKind.NOTICE, Channel.MAIL, f"person:{person}"))
        for number in range(DEEDS):
            about = {"body": bodies[number % len(bodies)]}
            Audit(within, network).note(now, ranger, "struck", f"person:{people[number]}", about)
        run = Runs(within).begin(network, ranger, "schedule", digest, now)
        journal = Journal(within, network, "https://cloud.example", run)
        for change in plan.targets[0].changes[:STEPS]:
            step = Step(TARGET, "write", change.id, change.name, (change.digest(),), remote_id="x")
            journal.close(journal.intend(step, now), StepState.DONE, None, now)
        runs = Runs(within)
        for number in range(100):
            runs.begin(network, ranger, f"schedule-{number}", digest, now)
    return digest, run


if __name__ == "__main__":
    main()
