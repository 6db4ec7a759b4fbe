"""Which emulators the demo plays with."""

from typing import Final

PLAYED: Final = ("jitsi", "jitsi-admin", "keycloak", "ldap", "mailman", "nextcloud", "nodebb", "dokuwiki")
"""One product of a sort: a second forum would tell the same again."""
