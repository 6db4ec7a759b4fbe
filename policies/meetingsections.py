"""The policy's section about meetings: rooms, the passes that open them, calendars, dates."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from policies.sections import Pattern, Section, over
from provisioner.model.meetings import Allowance, Standing
from provisioner.model.registry import BodyKind

Feature = Literal["recording", "livestreaming", "transcription"]
"""What Jitsi can do besides talking; each of them hands on what was said."""
State = Literal["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"]

_TITLES: dict[BodyKind, str | None] = {kind: "PG {name}" if kind is BodyKind.PROJECT else "{name}" for kind in BodyKind}
_FEATURES: dict[Standing, tuple[Feature, ...]] = dict.fromkeys(Standing, ())


def _with_usual_features(given: object) -> object:
    """Whoever names one standing means that one."""
    if not isinstance(given, dict):
        return given
    return {str(standing): () for standing in Standing} | {str(standing): own for standing, own in given.items()}


def _checked_reminders(minutes: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(minutes)) < len(minutes):
        raise PydanticCustomError("policies.reminded_twice", "the same reminder twice")
    return tuple(sorted(minutes, reverse=True))


Minutes = Annotated[int, Field(ge=5, le=1440)]


class MeetingRoomsPolicy(Section):
    """Where bodies meet by video: rooms with names that nobody guesses."""

    names: Annotated[dict[BodyKind, Pattern | None], BeforeValidator(over(_TITLES))] = Field(
        default_factory=lambda: dict(_TITLES),
        description='What people read in it, by kind of body, e.g. "PG {name}"; null: no room. It follows the body\'s '
        "name. What is not named keeps its default.",
    )
    per: Literal["body", "series"] = Field(
        default="body",
        description='"series": besides the body\'s room, each of its series and single dates has one of its own, in '
        "which it then takes place.",
    )
    rotate_days: int | None = Field(
        default=180,
        ge=1,
        le=3650,
        description="Days after which a room gets another name, so that an old address leads nowhere; null: only when "
        "somebody lost access, or on command.",
    )
    rotate_latest_hours: int = Field(
        default=24,
        ge=1,
        le=720,
        description="Hours that a new name waits for the room to be empty, where it is not known whether it is.",
    )


class PassesPolicy(Section):
    """What opens a room to one person, made at each click."""

    lifetime_minutes: int = Field(
        default=15, ge=1, le=60, description="Minutes for which it opens the room. Whoever is inside stays."
    )
    without_lobby: tuple[Standing, ...] = Field(
        default=(Standing.MODERATOR, Standing.MEMBER, Standing.VISITOR),
        description="Who enters at once; others wait in the lobby until a moderator lets them in.",
    )
    features: Annotated[dict[Standing, tuple[Feature, ...]], BeforeValidator(_with_usual_features)] = Field(
        default_factory=lambda: dict(_FEATURES),
        description='What somebody may do besides: "recording", "livestreaming", "transcription". What is not named is '
        "switched off.",
    )


class InvitationsPolicy(Section):
    """Personal links with which moderators invite somebody from outside."""

    days: int = Field(default=30, ge=0, le=366, description="Days that one holds at most; 0: nobody can be invited.")


class GuestRoomsPolicy(Section):
    """Rooms that moderators open for guests, with an end."""

    hours: int = Field(default=12, ge=0, le=168, description="Hours that one is open at most; 0: there are none.")


class CalendarsPolicy(Section):
    """The calendar of each body that has dates."""

    enabled: bool = Field(default=True, description="Whether bodies with dates get a calendar.")
    names: Annotated[dict[BodyKind, Pattern | None], BeforeValidator(over(_TITLES))] = Field(
        default_factory=lambda: dict(_TITLES),
        description='What it is called, by kind of body, e.g. "PG {name}"; null: no calendar. It follows the body\'s '
        "name. What is not named keeps its default.",
    )
    guests: bool = Field(default=True, description="Whether the guests' group sees it.")
    holidays_of: State | None = Field(
        default="BW",
        description="The German state on whose public holidays nobody meets, unless a series says so; null: none.",
    )


class ConferencesPolicy(Section):
    """Meetings as conferences of a planner such as Jitsi-Admin."""

    ahead_days: int = Field(
        default=0,
        ge=0,
        le=90,
        description="Days ahead that meetings are entered there; 0: none. Each costs a mail to every member.",
    )


class MeetingsPolicy(Section):
    """Where and when bodies meet."""

    rooms: MeetingRoomsPolicy = Field(default=MeetingRoomsPolicy(), description="Where bodies meet by video.")
    passes: PassesPolicy = Field(
        default=PassesPolicy(), description="What opens a room to one person, made at each click."
    )
    invitations: InvitationsPolicy = Field(
        default=InvitationsPolicy(), description="Personal links with which moderators invite somebody from outside."
    )
    guest_rooms: GuestRoomsPolicy = Field(
        default=GuestRoomsPolicy(), description="Rooms that moderators open for guests, with an end."
    )
    calendars: CalendarsPolicy = Field(
        default=CalendarsPolicy(), description="The calendar of each body that has dates."
    )
    conferences: ConferencesPolicy = Field(
        default=ConferencesPolicy(), description="Meetings as conferences of a planner such as Jitsi-Admin."
    )
    reminders: Annotated[tuple[Minutes, ...], Field(max_length=5), AfterValidator(_checked_reminders)] = Field(
        default=(1440,),
        description="Minutes before a meeting at which the body's conversation is reminded of it; [] for never.",
    )
    feeds: bool = Field(
        default=True, description="Whether people can subscribe to their meetings under an address of their own."
    )

    def allowance(self, standing: Standing) -> Allowance:
        """What somebody gets who enters as this."""
        return Allowance(
            self.passes.lifetime_minutes * 60,
            standing in self.passes.without_lobby,
            frozenset(self.passes.features[standing]),
        )
