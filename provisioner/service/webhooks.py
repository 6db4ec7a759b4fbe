"""What the git server that holds the registry calls when somebody pushed: ``POST /{network}/hooks/registry``.

Signatures as their documentation has them: Gitea and Forgejo (``X-Gitea-Signature``: hex HMAC-SHA256 of the body),
GitHub (``X-Hub-Signature-256``: the same behind ``sha256=``), GitLab (``X-Gitlab-Token``: the secret itself).
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import SecretStr
from starlette.responses import Response

from provisioner.app.site import Site
from provisioner.app.work.jobs import PULL
from provisioner.model.errands import Job
from provisioner.service.callers import TooLong, bounded_body, secret_of
from provisioner.state import Attempts, Errands, Within

_log = logging.getLogger(__name__)

MOST_BYTES: Final = 1024 * 1024
ACTOR: Final = "webhook"
_REMEMBERED: Final = timedelta(days=7)
"""As long as attempts are kept: see `provisioner.app.work.tidying`."""
_DELIVERIES: Final = ("x-gitea-delivery", "x-github-delivery", "x-gitlab-event-uuid")


def is_signed(headers: Mapping[str, str], body: bytes, secret: SecretStr) -> bool:
    """Whether somebody who knows the secret sent this; compared in constant time."""
    key = secret.get_secret_value().encode()
    if not key:
        return False
    signature = hmac.new(key, body, hashlib.sha256).hexdigest().encode()
    offered = headers.get("x-gitea-signature") or headers.get("x-forgejo-signature")
    github, token = headers.get("x-hub-signature-256"), headers.get("x-gitlab-token")
    if offered is not None:
        return hmac.compare_digest(offered.encode(), signature)
    if github is not None:
        return hmac.compare_digest(github.encode(), b"sha256=" + signature)
    return token is not None and hmac.compare_digest(token.encode(), key)


def router(sites: Mapping[str, Site], prefix: str = "") -> APIRouter:
    """The route. Raises `SettingsError`."""
    secrets = {name: secret_of(site.section.webhook, site) for name, site in sites.items()}
    made = APIRouter()

    @made.post(f"{prefix}/{{network}}/hooks/registry", include_in_schema=False)
    async def pushed(network: str, request: Request) -> Response:
        secret = secrets.get(network)
        if secret is None:
            return Response(status_code=404)
        try:
            body = await bounded_body(request, MOST_BYTES)
        except TooLong:
            return Response(status_code=413)
        if not is_signed(request.headers, body, secret):
            return Response(status_code=403)
        await to_thread.run_sync(_put_down, sites[network], _delivery(request.headers, body))
        return Response(status_code=200)

    return made


def _delivery(headers: Mapping[str, str], body: bytes) -> list[str]:
    """By what a delivery is known again: its number isn't signed, so its content counts as well.

    GitLab signs nothing: a number alone tells two pushes with the same content apart (there are none in practice).
    """
    numbers = [f"number {headers[name]}" for name in _DELIVERIES if headers.get(name)]
    return [*numbers, f"body {hashlib.sha256(body).hexdigest()}"]


def _put_down(site: Site, delivery: list[str]) -> None:
    """Unless it was before; both in one transaction. Raises `StateError`."""
    settings, now = site.section.webhook, site.clock.now()
    about = {PULL: "1"} if settings is not None and settings.pull else {}
    with site.database.writing() as connection:
        within = Within(connection)
        attempts = Attempts(within, site.network)
        known = [not attempts.count_one("hook", word, now, 1, _REMEMBERED) for word in delivery]
        if any(known):
            _log.info("webhook repeated", extra={"network": site.network})
            return
        Errands(within, site.network).add(Job.SYNC, "webhook", ACTOR, now, about=about)
    _log.info("webhook", extra={"network": site.network})
