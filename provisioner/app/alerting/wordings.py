"""What is said of alerts, in the words of the network: its language, its rules, its sensors as they are called now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.alerts.facts import RANK
from provisioner.alerts.states import SensorState, decode
from provisioner.alerts.wording import CURRENT, digest, words
from provisioner.app.alerting.answers import answer
from provisioner.app.alerting.glances import Glances
from provisioner.app.connectors import text_packages
from provisioner.app.site import Site
from provisioner.model.alerts import Rule, SayingKind
from provisioner.model.text import Text
from provisioner.state import Said, SensorStates
from provisioner.texts import Catalogue, Language


class Wordings:
    """Of one network. Safe for many threads."""

    def __init__(self, site: Site, glances: Glances) -> None:
        self._site, self._glances = site, glances
        bridge = site.section.bridge
        self._hears = bridge is not None and bridge.bot is not None
        self._catalogues: dict[Language, Catalogue] = {}

    def say(self, text: Text) -> str:
        """A sentence in the network's language."""
        return self._say(self._glances.now().language)(text)

    def of(self, said: Said) -> str:
        """The whole message, with what was gathered into it. Raises `StateError`."""
        _, book, language = self._glances.now()
        say = self._say(language)
        if said.kind is SayingKind.ANSWER:
            return answer(self._site, book, say, said)
        if not said.gathered:
            latest = self._latest(said)
            return words(said.kind, said.about, self.rule_of(said), book, say, answers=self._hears, latest=latest)
        # Where there are too many to name them all, the worst are named.
        every = sorted((said, *said.gathered), key=lambda one: RANK.get(str(one.about.get("severity", "")), -1))
        return digest([self._told(one) for one in every], book, say, answers=self._hears)

    def rule_of(self, said: Said) -> Rule | None:
        """The rule of its alert; None: it is not in the registry any more. Raises `SettingsError`, `StateError`."""
        return self._glances.now().book.rules.get(str(said.about.get("rule", "")))

    def _latest(self, said: Said) -> Mapping[str, SensorState]:
        """What its sensors measured last, where that is said."""
        if said.kind not in CURRENT:
            return {}
        sensors = [str(member["sensor"]) for member in said.about.get("members", ())]
        rows = SensorStates(self._site.database, self._site.network).of(sensors)
        return {key: decode(row.about) for key, row in rows.items() if row.about}

    def _told(self, said: Said) -> tuple[SayingKind, Mapping[str, Any], Rule | None]:
        return said.kind, said.about, self.rule_of(said)

    def _say(self, language: Language) -> Catalogue:
        return self._catalogues.setdefault(language, Catalogue(language, text_packages()))
