"""How Discourse says no: always a list of sentences, often with a word for programs."""

from collections.abc import Sequence

from connectors.kit.emulation import Refused
from provisioner.emulation import Response

NOT_FOUND = "The requested URL or resource could not be found."
NO_ACCESS = "You are not permitted to view the requested resource."
BAD_KEY = f"{NO_ACCESS} The API username or key is invalid."


class No(Refused):
    """A refusal with its ``error_type`` (lib/discourse.rb, app/controllers/application_controller.rb)."""

    def __init__(self, status: int, words: str, error_type: str = "") -> None:
        super().__init__(status, words)
        self.error_type = error_type

    def response(self) -> Response:
        said: dict[str, object] = {"errors": [self.words]}
        if self.error_type:
            said["error_type"] = self.error_type
        return Response.json(said, self.status)


def not_found() -> No:
    """Of objects, of addresses that it does not know, and of admin's addresses for everybody else (routes.rb)."""
    return No(404, NOT_FOUND, "not_found")


def no_access(words: str = NO_ACCESS) -> No:
    return No(403, words, "invalid_access")


def invalid_parameters(what: str) -> No:
    return No(400, f"You supplied invalid parameters to the request: {what}", "invalid_parameters")


def unprocessable(words: str | Sequence[str]) -> No:
    """What validations of a model say."""
    return No(422, words if isinstance(words, str) else ", ".join(words))
