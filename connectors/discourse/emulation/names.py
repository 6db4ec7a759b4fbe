"""What may be a user's or a group's name (app/models/username_validator.rb)."""

import re

_CONFUSING = re.compile(r"\.(js|json|css|htm|html|xml|jpg|jpeg|png|gif|bmp|ico|tif|tiff|woff)$", re.IGNORECASE)
RESERVED = frozenset(
    {"admin", "moderator", "administrator", "mod", "sys", "system", "community", "info", "you", "name", "username"}
    | {"user", "nickname", "discourse", "discourseorg", "discourseforum", "support", "all", "here"}
)
"""Not for users (site setting reserved_usernames); groups may have them."""


def complaint(name: str, lengths: tuple[int, int]) -> str | None:
    """The first thing that is wrong with it; None: it may be used."""
    least, most = lengths
    checks = (
        (not name, "Username must be present"),
        (len(name) < least, f"Username must be at least {least} characters"),
        (len(name) > most, f"Username must be no more than {most} characters"),
        (re.search(r"[^A-Za-z0-9_.-]", name), "Username must only include numbers, letters, dashes, dots, underscores"),
        (re.match(r"\W", name), "Username must begin with a letter, a number or an underscore"),
        (re.search(r"[^A-Za-z0-9]$", name), "Username must end with a letter or a number"),
        (re.search(r"[-_.]{2,}", name), "Username must not contain a sequence of 2 or more special chars (.-_)"),
        (_CONFUSING.search(name), "Username must not end with a confusing suffix like .json or .png etc."),
    )
    return next((words for wrong, words in checks if wrong), None)
