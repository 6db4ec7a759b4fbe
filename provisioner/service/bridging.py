"""The bridge of every network that has one: senders are received, what they say is kept, and people are told.

Everybody receives who may: senders that call call any instance, and brokers share what comes where `mqtt.shared` names
a group. Without it only the leader listens, since a broker knows one session of a name. The leader of a network (a
lock of the database decides, as in `provisioner.service.leading`) alone looks at the clock, fills gaps, asks for
gateways, speaks and tidies up. When it dies the lock is free, and another instance goes on where it stopped.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from provisioner.app.alerting.books import Books
from provisioner.app.alerting.catching_up import CatchingUp
from provisioner.app.alerting.committing import Committer
from provisioner.app.alerting.intake import Intake
from provisioner.app.alerting.status import BridgeStatus, Line
from provisioner.app.alerting.unread import ReadSender, read_senders
from provisioner.app.bridge_settings import BridgeSettings
from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.model.text import Text
from provisioner.senders.mqtt import HearsMqtt, MqttReceiver
from provisioner.senders.settings import AlertmanagerSettings, GrafanaSettings
from provisioner.service.bot_calls import Hear
from provisioner.service.bridge_leading import BridgeLeader, Common
from provisioner.service.leading import Leading
from provisioner.service.looping import Loop
from provisioner.service.sender_calls import SenderDoor
from provisioner.texts import Catalogue

_log = logging.getLogger(__name__)

_CALLS_ONLY: Final = (AlertmanagerSettings, GrafanaSettings)


class Bridge:
    """Of all networks that have one. Raises `SettingsError`, `StateError` on being made: nothing runs then.

    What of the settings' files can't be read is left out alone, and all the rest runs.
    """

    def __init__(self, sites: Mapping[str, Site], pictures: Mapping[str, Pictures]) -> None:
        self.networks = {
            name: NetworkBridge(site, pictures[name], site.section.bridge)
            for name, site in sites.items()
            if site.section.bridge is not None
        }

    @property
    def doors(self) -> Mapping[tuple[str, str], SenderDoor]:
        """Senders that may call, by network and name."""
        return {(name, sender): door for name, one in self.networks.items() for sender, door in one.doors.items()}

    @property
    def hearing(self) -> Mapping[str, Hear]:
        """Whoever hears what Talk's bot tells, by network."""
        return {name: one.hear for name, one in self.networks.items() if one.hear is not None}

    def leads(self) -> bool:
        """Whether this instance leads any of them."""
        return any(one.leads() for one in self.networks.values())

    def wake(self) -> None:
        """There may be something to say."""
        for one in self.networks.values():
            one.wake()

    def left_out(self) -> list[Text]:
        """What could not be read when it was made."""
        return [text for one in self.networks.values() for text in one.left_out()]

    def start(self) -> None:
        """Begin; comes back at once."""
        for one in self.networks.values():
            one.start()

    def stop(self) -> None:
        """End: what was taken is committed, what is being said is said to its end."""
        for one in self.networks.values():
            one.tell_to_stop()
        for one in self.networks.values():
            one.stop()


class NetworkBridge:
    """One network's."""

    def __init__(self, site: Site, pictures: Pictures, settings: BridgeSettings) -> None:
        senders = read_senders(site, settings)
        books, clock = Books(pictures), site.clock
        self.intake = Intake(site.database, site.network, books, clock, test=settings.test, told=self.wake)
        self.committer = Committer(self.intake)
        self._catching_up = CatchingUp(site, pictures, books, self.wake)
        self.hear: Hear | None = None if settings.bot is None else self._catching_up.hearing.heard
        self.doors = dict(_doors(site, settings, senders, self.intake, self.committer))
        self._site, self._senders, self._since = site, senders, clock.now()
        known = {name: one.settings for name, one in senders.items()}
        self._brokers = {name: one for name, one in known.items() if not isinstance(one, _CALLS_ONLY) and one.mqtt}
        self._receivers: dict[str, MqttReceiver] = {}
        self._common = Common(
            site, pictures, settings, senders, books, self.intake, self.committer, self._catching_up, self.status
        )
        self._leader: BridgeLeader | None = None
        what = f"{site.network} bridge"
        self._leading = Leading(site.database, clock, self._begin, self._end, what)
        self._lead = Loop(what, self._leading.turn, at_last=self._leading.give_up)
        self._log_left_out()

    def start(self) -> None:
        """Begin."""
        self.committer.start()
        self._catching_up.start()
        self._listen(shared=True)
        self._lead.start()

    def tell_to_stop(self) -> None:
        """Wait for nothing yet."""
        self._lead.stop()
        if (leader := self._leader) is not None:
            leader.tell_to_stop()

    def stop(self) -> None:
        """Those who receive first, so that what they brought is committed."""
        self._lead.stop()
        self._lead.join()
        self._hang_up(list(self._receivers))
        self._catching_up.stop()
        self.committer.stop()

    def leads(self) -> bool:
        """Whether this instance leads."""
        return self._leading.leads()

    def wake(self) -> None:
        """There may be something to say."""
        if (leader := self._leader) is not None:
            leader.wake()

    def status(self) -> BridgeStatus:
        """How it is at this moment, as far as this instance can tell."""
        found = {name: one.status() for name, one in list(self._receivers.items())}
        lines = {name: Line(one.listening_since, one.trouble) for name, one in found.items()}
        for name, sender in self._senders.items():
            if sender.trouble is not None:
                lines[name] = self._line(name, sender, lines.get(name))
        waiting = sum(self.committer.waiting())
        return BridgeStatus(self._site.clock.now(), lines, waiting, self.committer.is_troubled(), self._deaf())

    def left_out(self) -> Iterator[Text]:
        """What could not be read when it was made."""
        for name, sender in self._senders.items():
            if (why := sender.trouble) is not None:
                code = "app.sender_unheard" if sender.is_deaf else "app.sender_half_heard"
                yield Text.of(code, sender=name, why=why)
        if (why := self._deaf()) is not None:
            yield Text.of("app.bot_unheard", why=why)

    def _deaf(self) -> Text | None:
        why = self._catching_up.hearing.deaf
        return None if why is None else Text.of("app.left_out", what="bot", why=why)

    def _line(self, name: str, sender: ReadSender, line: Line | None) -> Line:
        """Of a sender of which something was left out: the trouble of what is there comes first."""
        if sender.is_deaf:
            return Line(None, sender.trouble)
        if line is None:
            return Line(None if name in self._brokers else self._since, sender.trouble)
        return replace(line, trouble=sender.trouble) if line.listening_since is not None else line

    def _log_left_out(self) -> None:
        network = self._site.network
        for name, sender in self._senders.items():
            for part, why in sender.unread.items():
                what = {"network": network, "sender": name, "part": part, "why": why.code}
                _log.error("sender left out", extra=what)
        if (deaf := self._catching_up.hearing.deaf) is not None:
            _log.error("bot left out", extra={"network": network, "why": deaf.code})

    def _begin(self) -> None:
        """From now on this instance leads."""
        leader = BridgeLeader(self._common)
        self._listen(shared=False)
        leader.start()
        self._leader = leader

    def _end(self) -> None:
        """Somebody else may lead when this returns."""
        leader, self._leader = self._leader, None
        self._hang_up([name for name, one in self._brokers.items() if not _is_shared(one)])
        if leader is not None:
            leader.stop()

    def _listen(self, *, shared: bool) -> None:
        for name, one in self._brokers.items():
            if _is_shared(one) is shared:
                receiver = MqttReceiver(self._site.network, name, one, self.committer.deliver, self._site.clock)
                self._receivers[name] = receiver
                receiver.start()

    def _hang_up(self, names: Sequence[str]) -> None:
        for receiver in [self._receivers.pop(name) for name in names if name in self._receivers]:
            receiver.stop()


def _is_shared(settings: HearsMqtt) -> bool:
    return settings.mqtt is not None and settings.mqtt.shared is not None


def _doors(
    site: Site, settings: BridgeSettings, senders: Mapping[str, ReadSender], intake: Intake, committer: Committer
) -> Iterator[tuple[str, SenderDoor]]:
    say = Catalogue(site.settings.language)
    for name, sender in senders.items():
        one = sender.settings
        if one.webhook is not None:
            yield name, SenderDoor(one.kind, one.webhook, committer.offer, intake.refused, say, settings.test)
