"""What doctor asks about team folders: whether we see them all, and whether we see them from inside."""

from collections.abc import Iterator

from connectors.nextcloud.accounts.shape import Own
from connectors.nextcloud.client import CLOUD, Client, OcsRefusal, group_segment
from connectors.nextcloud.folders.requests import Folders
from connectors.nextcloud.folders.shape import APP
from connectors.nextcloud.listing import identifiers
from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import NotAllowed
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text


def examine_folders(settings: NextcloudSettings, client: Client, own: Own) -> Iterator[Finding]:
    """At most four requests, no writes. Raises `TargetError` for what concerns more than folders."""
    if not client.has_app(APP):
        yield Finding(Severity.NOTE, Text.of("nextcloud.app_missing", app=APP), Text.of("nextcloud.mend_folders_app"))
        return
    folders = Folders(client)
    try:
        count, shown = folders.count(), len(folders.all())
    except NotAllowed:
        yield Finding(
            Severity.ERROR, Text.of("nextcloud.folders_not_allowed"), Text.of("nextcloud.mend_folder_delegation")
        )
        return
    if count != shown:
        hidden = Text.of("nextcloud.folders_hidden", count=count, shown=shown)
        yield Finding(Severity.ERROR, hidden, Text.of("nextcloud.mend_folder_delegation"))
        return
    yield Finding(Severity.OK, Text.of("nextcloud.may_manage_folders", count=count))
    yield _working_group(settings.working_group, client, own)


def _working_group(group: str | None, client: Client, own: Own) -> Finding:
    if group is None:
        return Finding(
            Severity.NOTE,
            Text.of("nextcloud.no_working_group"),
            Text.of("nextcloud.mend_no_working_group", user=own.id),
        )
    mend = Text.of("nextcloud.mend_working_group", group=group, user=own.id)
    try:
        members = identifiers(client, f"{CLOUD}/groups/{group_segment(group)}/users", "users")
    except OcsRefusal as refusal:
        if refusal.code != 404:
            raise
        return Finding(Severity.ERROR, Text.of("nextcloud.working_group_missing", group=group), mend)
    if own.id not in members:
        return Finding(Severity.ERROR, Text.of("nextcloud.not_in_working_group", user=own.id, group=group), mend)
    others = len(members) - 1
    if others:
        return Finding(Severity.WARNING, Text.of("nextcloud.working_group_others", group=group, count=others), mend)
    return Finding(Severity.OK, Text.of("nextcloud.working_group_right", group=group))
