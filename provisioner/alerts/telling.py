"""One saying's facts, ready to be put into sentences: names, places, values, moments in words."""

from collections.abc import Mapping
from typing import Any, Final

from provisioner.alerts import amounts, harmless
from provisioner.alerts.book import Book, Station
from provisioner.alerts.states import SensorState
from provisioner.model.alerts import (
    AlertSeverity,
    Foreign,
    LowBattery,
    Rate,
    Rule,
    Silence,
    Threshold,
)
from provisioner.model.sensors import Quantity
from provisioner.model.text import Text
from provisioner.texts import Catalogue

_SIGNS: Final = {AlertSeverity.INFO: "🔵", AlertSeverity.WARNING: "🟠", AlertSeverity.CRITICAL: "🔴"}


class Telling:
    """``about`` may lack anything: what it does not tell is left out."""

    def __init__(
        self,
        about: Mapping[str, Any],
        rule: Rule | None,
        book: Book,
        say: Catalogue,
        *,
        latest: Mapping[str, SensorState],
        markup: bool,
    ) -> None:
        self.about = about
        self.rule = rule
        self.say = say
        self._book = book
        self._latest = latest
        self._markup = markup
        self._members: list[Mapping[str, Any]] = list(about.get("members", ()))
        self.count = int(about.get("count", 0))
        self.new = int(about.get("new", 0))
        self._severity = AlertSeverity(about.get("severity") or AlertSeverity.WARNING)
        self._now = float(about.get("now", 0.0))

    @property
    def sign(self) -> str:
        return _SIGNS[self._severity]

    @property
    def rank(self) -> int:
        """How bad it is."""
        return self._severity.rank

    @property
    def name(self) -> str:
        """What it is."""
        return self.bold(harmless.name(self.rule.name) if self.rule else self.say(Text.of("alerts.alert")))

    @property
    def is_late(self) -> bool:
        return bool(self.about.get("late"))

    @property
    def is_joined(self) -> bool:
        """It had begun before anybody there was to be told of it."""
        return bool(self.about.get("joined"))

    @property
    def taken(self) -> bool:
        return bool(self.about.get("taken"))

    def bold(self, words: str) -> str:
        return f"**{words}**" if self._markup else words

    def severity_word(self) -> str:
        """ "kritisch"."""
        return self.say(Text.of(f"alerts.severity_{self._severity.value}"))

    def where(self) -> str:
        """The place of the one sensor, or how many there are."""
        if self.count == 1 and self._members:
            return self._place(self._members[0])
        return self.say(Text.of("alerts.places", count=self.count))

    def measured(self, *, new_only: bool = False) -> list[str]:
        """What was measured: a sentence for one sensor, a list for several."""
        if not self._members:
            return []
        if self.count == 1:
            return [line for line in (self._value(self._members[0]), *self._described(self._members[0])) if line]
        shown = self._members[: self.new] if new_only else self._members
        lines = [f"- {self._place(member)}: {self._value(member, listed=True)}".removesuffix(": ") for member in shown]
        left = (self.new if new_only else self.count) - len(lines)
        if left > 0:
            lines.append(f"- {self.say(Text.of('alerts.and_more', count=left))}")
        return lines

    def peak(self) -> str:
        """The worst value; "" where there is none."""
        peaks = [member for member in self._members if member.get("peak") is not None]
        if not peaks:
            return ""
        worst = peaks[0]
        for member in peaks[1:]:
            if self._book.worse(self.rule.id if self.rule else "", worst["peak"], member["peak"]) != worst["peak"]:
                worst = member
        quantity = self._quantity(worst)
        value = self._amount(float(worst["peak"]), worst, quantity)
        if self.count == 1:
            return self.say(Text.of("alerts.peak", label=self._label(worst, quantity), value=value))
        place = self._place(worst)
        return self.say(Text.of("alerts.peak_where", label=self._label(worst, quantity), value=value, place=place))

    def lasted(self) -> str:
        """How long, until it ended or until now."""
        until = float(self.about.get("ended") or self._now)
        return amounts.duration(max(0.0, until - float(self.about.get("since", until))), self.say.language)

    def waited(self) -> str:
        """How long nobody has had it."""
        waiting = float(self.about.get("waiting_since") or self.about.get("since") or self._now)
        return amounts.duration(max(0.0, self._now - waiting), self.say.language)

    def since(self) -> str:
        return self._when(float(self.about.get("since", self._now)))

    def until(self) -> str:
        return self._when(float(self.about.get("ended") or self._now))

    def unheard(self) -> str:
        """When its sender said something of it the last time."""
        return self._when(float(self.about.get("unheard") or self._now))

    def taken_by(self) -> str:
        by, _ = self.about.get("taken") or ("", 0.0)
        return self.person(str(by))

    def taken_until(self) -> str:
        _, until = self.about.get("taken") or ("", self._now)
        return self._when(float(until), "alerts.until_clock", "alerts.until_day")

    def person(self, by: str) -> str:
        """A name; of somebody who is forgotten or not known: "jemand"."""
        known = self._book.registry.people.get(by)
        return harmless.name(known.display_name) if known else self.say(Text.of("alerts.somebody"))

    def told_besides(self) -> str:
        """Bodies that an escalation reaches, and how many people by mail."""
        bodies, told = self._book.registry.bodies, self.about.get("told") or {}
        names = [harmless.name(bodies[body].name) for body in told.get("bodies", ()) if body in bodies]
        if people := int(told.get("people", 0)):
            names.append(self.say(Text.of("alerts.people_by_mail", count=people)))
        return ", ".join(names)

    def links(self) -> str:
        """To map and dashboard of one sensor, or to where a foreign alert says that more is to be read."""
        if self.count != 1 or not self._members:
            return ""
        member = self._members[0]
        station = self._station(member)
        found = [
            ("alerts.link_map", station.sensor.map_link if station else None),
            ("alerts.link_dashboard", station.sensor.dashboard_link if station else None),
            ("alerts.link_source", member.get("about", {}).get("link")),
        ]
        shown = [
            (self.say(Text(code)), address)
            for code, given in found
            if given and (address := harmless.link(str(given))) is not None
        ]
        if self._markup:
            return " · ".join(f"[{label}]({address})" for label, address in shown)
        return "\n".join(f"{label}: {address}" for label, address in shown)

    def _station(self, member: Mapping[str, Any]) -> Station | None:
        return self._book.station(str(member.get("sensor", "")), str(member.get("about", {}).get("device", "")))

    def _place(self, member: Mapping[str, Any]) -> str:
        station = self._station(member)
        if station is None:
            about = member.get("about", {})
            return harmless.name(about.get("summary") or about.get("name") or str(member.get("sensor", "")))
        place = harmless.name(station.name)
        organisation = self._book.registry.organisations.get(station.organisation)
        if organisation is None or organisation.name in place:
            return place
        return f"{place} ({harmless.name(organisation.name)})"

    def _quantity(self, member: Mapping[str, Any]) -> Quantity | None:
        station = self._station(member)
        name = member.get("quantity")
        return station.model.quantities.get(str(name)) if station and name else None

    def _label(self, member: Mapping[str, Any], quantity: Quantity | None) -> str:
        if quantity is None:
            is_battery = member.get("quantity") == "battery"
            return self.say(Text.of("alerts.battery" if is_battery else "alerts.value"))
        return harmless.name(quantity.label or quantity.name)

    def _amount(self, value: float, member: Mapping[str, Any], quantity: Quantity | None) -> str:
        if quantity is None and member.get("quantity") == "battery":
            return amounts.percent(amounts.number(value, 0, self.say.language), self.say.language)
        return amounts.amount(value, quantity, self.say.language)

    def _value(self, member: Mapping[str, Any], *, listed: bool = False) -> str:
        """What was measured, in one sentence (or, ``listed``, in few words); what a foreign alert says."""
        say, test, about = self.say, self.rule.test if self.rule else None, member.get("about", {})
        value, at = member.get("value"), float(member.get("at", self._now))
        quantity = self._quantity(member)
        label = self._label(member, quantity)
        newer = self._newer(member, at)
        if newer is not None:
            value, at = newer
        when = self._when(at)
        if isinstance(test, Silence):
            if "last" not in about:
                return say(Text.of("alerts.never_heard"))
            return say(Text.of("alerts.silent", when=self._when(float(member.get("since", at)))))
        if isinstance(test, Foreign):
            said = harmless.sentence(str(about.get("value", "")))
            return say(Text.of("alerts.foreign_value", value=amounts.told(said, say.language))) if said else ""
        if value is None:
            return say(Text.of("alerts.condition", when=when))
        shown = self._amount(float(value), member, quantity)
        if listed:
            return say(Text.of("alerts.listed", label=label, value=shown, when=when))
        if isinstance(test, Rate) and newer is None and "before" in about:
            before = self._amount(float(about["before"]), member, quantity)
            within = amounts.duration(test.within.total_seconds(), say.language)
            return say(Text.of("alerts.changed", label=label, before=before, value=shown, within=within, when=when))
        limit = self._limit(AlertSeverity(member.get("severity", self._severity)))
        if limit is None:
            return say(Text.of("alerts.measured", label=label, value=shown, when=when))
        border = self._amount(limit, member, quantity)
        return say(Text.of("alerts.measured_limit", label=label, value=shown, limit=border, when=when))

    def _described(self, member: Mapping[str, Any]) -> list[str]:
        about = member.get("about", {})
        said = harmless.sentence(str(about.get("description", "")))
        return [said] if said else []

    def _newer(self, member: Mapping[str, Any], at: float) -> tuple[float, float] | None:
        """What was measured since the facts were put down."""
        state = self._latest.get(str(member.get("sensor", "")))
        if state is None:
            return None
        if member.get("quantity") == "battery" and state.battery is not None:
            found = (state.battery, state.battery_at)
        else:
            found = state.values.get(str(member.get("quantity", "")), (0.0, 0.0))
        return found if found[1] > at else None

    def _limit(self, severity: AlertSeverity) -> float | None:
        match self.rule.test if self.rule else None:
            case Threshold(levels=levels):
                level = next((each for each in levels if each.severity is severity), None)
                return None if level is None else level.below if level.above is None else level.above
            case LowBattery(below=below):
                return below
        return None

    def _when(self, moment: float, today: str = "alerts.at_clock", another_day: str = "alerts.at_day") -> str:
        language, zone = self.say.language, self._book.zone
        time = amounts.clock(moment, zone, language)
        if amounts.is_same_day(moment, self._now, zone):
            return self.say(Text(today, {"time": time}))
        return self.say(Text(another_day, {"day": amounts.day(moment, zone, language), "time": time}))
