"""In which language somebody is spoken to."""

from fastapi import Request

from provisioner.texts import Language

_LANGUAGES: dict[str, Language] = {"de": "de", "en": "en"}


def known_language(word: str | None) -> Language | None:
    """One that we speak, or None."""
    return _LANGUAGES.get(word or "")


def wished_language(request: Request) -> Language | None:
    """The first that we speak of those that the browser accepts, in the order of their weights (RFC 9110, 12.5.4)."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(request.headers.get("accept-language", "")[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, tag.strip().lower()[:2]))
        except ValueError:
            continue
    spoken = (_LANGUAGES[tag] for _, _, tag in sorted(wishes) if tag in _LANGUAGES)
    return next(spoken, None)
