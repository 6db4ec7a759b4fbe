"""What answers of pages look like, for the service's OpenAPI description."""

from typing import Any, Final

_PAGE: Final = {"text/html": {"schema": {"type": "string"}}}


def page(what: str) -> dict[str, Any]:
    """An answer that is a page."""
    return {"description": what, "content": _PAGE}


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: page("The page, or the part of it that htmx asked for."),
    204: {
        "description": "To htmx alone: the whole browser has to go elsewhere.",
        "headers": {"HX-Redirect": {"required": True, "schema": {"type": "string", "pattern": "^/"}}},
    },
    303: {
        "description": "Done, or to be done elsewhere: another page of this network.",
        "headers": {"Location": {"required": True, "schema": {"type": "string", "pattern": "^/"}}},
    },
    400: page("It could not be read as a form."),
    403: page("The form was not one of ours, or too old."),
    404: page("There is no such thing, or it is not yours to see."),
    413: page("More than a form can hold."),
    422: page("What was filled in can't be right, or can't be done as things are."),
    503: page("The state can't be used at this moment."),
}
"""Whatever a page can answer; one that answers otherwise says so itself."""
