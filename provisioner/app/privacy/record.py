"""The record of processing activities (Art. 30 DSGVO), made from what is set up: nobody has to keep it by hand.

What only people know (who is responsible, who protects data) is left open and said so. Names nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from policies.document import Policy, RetentionPolicy
from provisioner.app.connectors import connector_type
from provisioner.app.joining.reception import STAYS
from provisioner.app.site import Site
from provisioner.app.work.tidying import ATTEMPT_DAYS, INVITATION_DAYS, LINK_DAYS, RESERVATION_DAYS
from provisioner.model.registry import Registry
from provisioner.model.resources import Kind
from provisioner.model.sources import PERSON_FIELDS
from provisioner.model.text import Text
from provisioner.model.words import field_words, resource_word

PURPOSES: Final = (
    Text.of("app.privacy_purpose_accounts"),
    Text.of("app.privacy_purpose_joining"),
    Text.of("app.privacy_purpose_telling"),
    Text.of("app.privacy_purpose_meeting"),
    Text.of("app.privacy_purpose_leaving"),
    Text.of("app.privacy_purpose_proof"),
)
PEOPLE: Final = (
    Text.of("app.privacy_people_staff"),
    Text.of("app.privacy_people_guests"),
    Text.of("app.privacy_people_newcomers"),
    Text.of("app.privacy_people_visitors"),
)
DATA: Final = (
    Text.of("app.privacy_data_person"),
    Text.of("app.privacy_data_places"),
    Text.of("app.privacy_data_times"),
    Text.of("app.privacy_data_accounts"),
    Text.of("app.privacy_data_decisions"),
    Text.of("app.privacy_data_letters"),
    Text.of("app.privacy_data_meetings"),
)
NOT_KEPT: Final = (
    Text.of("app.privacy_not_passwords"),
    Text.of("app.privacy_not_contents"),
    Text.of("app.privacy_not_behaviour"),
    Text.of("app.privacy_not_meetings"),
    Text.of("app.privacy_not_networks"),
)
MEASURES: Final = (
    Text.of("app.privacy_measure_rights"),
    Text.of("app.privacy_measure_removal"),
    Text.of("app.privacy_measure_secrets"),
    Text.of("app.privacy_measure_login"),
    Text.of("app.privacy_measure_logs"),
    Text.of("app.privacy_measure_rooms"),
    Text.of("app.privacy_measure_wire"),
    Text.of("app.privacy_measure_apart"),
    Text.of("app.privacy_measure_backup"),
    Text.of("app.privacy_measure_erasing"),
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A target: who gets data, and what our account there could see."""

    name: str
    product: str
    server: str
    holds: tuple[Text, ...]
    could_read: Text
    how_long: Text


@dataclass(frozen=True, slots=True)
class Supplier:
    """A source: where data come from."""

    name: str
    organisation: str
    fields: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept here, for how long; ``tables``: of the database, none for what stands elsewhere."""

    what: Text
    how_long: Text
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """All of it."""

    network: str
    name: str
    contact: str
    """Of the policy; may be empty."""
    recipients: tuple[Recipient, ...]
    suppliers: tuple[Supplier, ...]
    mail_server: str | None
    kept: tuple[Kept, ...]


def record_of(site: Site, registry: Registry, policy: Policy) -> Record:
    """As settings and policy are now. Asks no target. Raises `SettingsError`."""
    mail = site.settings.service.mail
    return Record(
        network=site.network,
        name=registry.name,
        contact=policy.joining.contact,
        recipients=tuple(_recipients(site, policy)),
        suppliers=tuple(_suppliers(site, registry)),
        mail_server=None if mail is None else mail.server,
        kept=tuple(_kept(site, policy, policy.retention)),
    )


def _recipients(site: Site, policy: Policy) -> Iterator[Recipient]:
    wait = Text.of("app.privacy_until_erased", days=policy.lifecycle.wait_days)
    for name in site.target_names():
        found = connector_type(str(site.section.targets[name].get("connector", "")), name)
        server = found.server(site.read_target(found, name)).partition(":")[2]
        holds = tuple(resource_word(kind) for kind in Kind if kind in found.kinds)
        could_read = found.could_read or Text.of("app.privacy_could_read_unsaid")
        yield Recipient(name, found.product, server, holds, could_read, found.keeps or wait)


def _suppliers(site: Site, registry: Registry) -> Iterator[Supplier]:
    for name in site.source_names():
        settings = site.read_source(name)
        organisation = registry.organisations.get(settings.organisation)
        fields = field_words(field for field in PERSON_FIELDS if field in settings.authoritative)
        yield Supplier(name, settings.organisation if organisation is None else organisation.name, fields)


def _kept(site: Site, policy: Policy, keep: RetentionPolicy) -> Iterator[Kept]:
    """Every table stands here; what holds nothing of people is said to."""

    def days(count: int) -> Text:
        return Text.of("app.privacy_days", count=count)

    while_here, erased = Text.of("app.privacy_while_here"), Text.of("app.privacy_till_erased")
    hours = int(STAYS.total_seconds()) // 3600
    yield Kept(Text.of("app.privacy_kept_registry"), while_here)
    people = ("enrolled_person", "enrolled_membership", "enrolled_body", "ending", "departure")
    yield Kept(Text.of("app.privacy_kept_enrolments"), erased, people)
    yield Kept(Text.of("app.privacy_kept_ties"), erased, ("binding", "borrowed", "edge"))
    yield Kept(
        Text.of("app.privacy_kept_sources"), Text.of("app.privacy_while_sourced"), ("mirror", "mirrored", "apart")
    )
    yield Kept(Text.of("app.privacy_kept_history"), days(keep.history_days), ("run", "step", "saved_plan"))
    yield Kept(Text.of("app.privacy_kept_audit"), days(keep.audit_days), ("audit", "join_request", "confirmation"))
    yield Kept(Text.of("app.privacy_kept_letters"), days(keep.letters_days), ("outbox",))
    yield Kept(Text.of("app.privacy_kept_sessions"), Text.of("app.privacy_hours", count=hours), ("session",))
    minutes = Text.of("app.privacy_minutes", count=policy.joining.link_minutes, days=LINK_DAYS)
    yield Kept(Text.of("app.privacy_kept_links"), minutes, ("one_time_link",))
    yield Kept(Text.of("app.privacy_kept_feeds"), Text.of("app.privacy_till_leaving"), ("feed",))
    after = Text.of("app.privacy_days_after_taken", count=INVITATION_DAYS)
    yield Kept(Text.of("app.privacy_kept_guests"), after, ("guest_room", "invitation"))
    yield Kept(Text.of("app.privacy_kept_access"), Text.of("app.privacy_till_renamed"), ("room_access",))
    yield Kept(Text.of("app.privacy_kept_gatherings"), days(keep.gatherings_days), ("gathering",))
    yield Kept(Text.of("app.privacy_kept_headcounts"), Text.of("app.privacy_till_next_tidying"), ("headcount",))
    over = Text.of("app.privacy_days_after_end", count=RESERVATION_DAYS)
    yield Kept(Text.of("app.privacy_kept_reservations"), over, ("reservation",))
    alerts = policy.alerts
    yield Kept(Text.of("app.privacy_kept_alerts"), days(alerts.alert_days), ("alert", "alert_silence"))
    yield Kept(Text.of("app.privacy_kept_alert_names"), days(alerts.names_days), ("alert_outbox",))
    yield Kept(Text.of("app.privacy_kept_uplinks"), days(alerts.uplink_days), ("uplink",))
    senders = ("sensor_state", "unknown_device", "gateway", "sender_state", "sender_count")
    yield Kept(Text.of("app.privacy_kept_sensors"), Text.of("app.privacy_no_people"), senders)
    yield Kept(Text.of("app.privacy_kept_attempts"), days(ATTEMPT_DAYS), ("attempt",))
    look = Text.of("app.privacy_till_next_look")
    yield Kept(Text.of("app.privacy_kept_last_look"), look, ("meta", "errand"))
    yield Kept(Text.of("app.privacy_kept_dates"), look, ("remembered",))
    yield Kept(Text.of("app.privacy_kept_tombstones"), Text.of("app.privacy_for_good"), ("tombstone",))
    technical = ("rate", "server_lock", "secret")
    yield Kept(Text.of("app.privacy_kept_technical"), Text.of("app.privacy_no_people"), technical)
    backups = site.settings.service.backup_days
    if "://" in site.settings.state:
        yield Kept(Text.of("app.privacy_kept_backups"), Text.of("app.privacy_dumps_elsewhere"))
    elif backups:
        yield Kept(Text.of("app.privacy_kept_backups"), days(backups))
    yield Kept(Text.of("app.privacy_kept_logs"), Text.of("app.privacy_journald"))
