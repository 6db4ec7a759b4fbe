"""What ends a request early. Each becomes a page, or a redirect, in `provisioner.console.errors`."""


class NotThere(Exception):
    """No such page, or none for whoever asks: the two are never told apart."""


class Forged(Exception):
    """A form that none of our pages sent, or one that was open for too long."""


class NotLoggedIn(Exception):
    """A page that somebody has to log in for."""


class Unregistered(Exception):
    """A page for members, asked for by a newcomer who did not say yet who they are."""
