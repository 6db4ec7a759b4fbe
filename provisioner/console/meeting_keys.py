"""The public keys by which meeting servers know our passes, where they fetch keys instead of sharing a secret.

Nothing here is secret, and nobody has to be somebody to ask for it.
"""

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any, Final

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import APIRouter, Depends
from jwt.algorithms import RSAAlgorithm
from starlette.responses import JSONResponse, Response

from provisioner.console.deps import network_of
from provisioner.console.network import Network
from provisioner.console.refusals import NotThere

router = APIRouter()

_KEPT: Final = {"Cache-Control": "public, max-age=300"}
"""A new key is published for longer than that before it signs."""
_Network = Annotated[Network, Depends(network_of)]


class Pem(Response):
    """A key in PEM (RFC 7468)."""

    media_type = "application/x-pem-file"


@router.get(
    "/keys/jwks.json",
    response_class=JSONResponse,
    responses={200: {"description": "All keys (RFC 7517).", "content": {"application/json": {}}}},
)
def all_keys(network: _Network) -> Response:
    """As one document."""
    keys = []
    for name, pem in _published(network):
        loaded: Any = load_pem_public_key(pem)
        keys.append({**RSAAlgorithm.to_jwk(loaded, as_dict=True), "kid": name, "use": "sig", "alg": "RS256"})
    return JSONResponse({"keys": keys}, headers=_KEPT)


@router.get(
    "/keys/{digest}.pem",
    response_class=Pem,
    responses={200: {"description": "The key.", "content": {Pem.media_type: {"schema": {"type": "string"}}}}},
)
def one_key(network: _Network, digest: str) -> Response:
    """The key whose id has this sha256 in hex: so Prosody's plugin asks for it."""
    for name, pem in _published(network):
        if hashlib.sha256(name.encode()).hexdigest() == digest:
            return Pem(pem, headers=_KEPT)
    raise NotThere


def _published(network: Network) -> Iterator[tuple[str, bytes]]:
    """Of all meeting servers. Raises `NotThere` where there are none, `SettingsError`."""
    if not network.meets:
        raise NotThere
    for door in network.doors.by_target.values():
        yield from door.published_keys().items()
