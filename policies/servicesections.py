"""The policy's sections about the service: coming in, lists that are confirmed, mails to people."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from policies.sections import Section
from provisioner.registry.shapes import VISIBLE_PATTERN

Words = Annotated[str, StringConstraints(pattern=VISIBLE_PATTERN, max_length=500, strip_whitespace=True)]
Month = Annotated[int, Field(ge=1, le=12)]


def _checked_months(months: tuple[int, ...]) -> tuple[int, ...]:
    if not months or len(set(months)) < len(months):
        raise PydanticCustomError("policies.bad_months", "no months")
    return tuple(sorted(months))


Months = Annotated[tuple[Month, ...], AfterValidator(_checked_months)]


class TriesPolicy(Section):
    """How often somebody may ask for a link within one hour."""

    address: int = Field(default=5, ge=1, le=1000, description="For one e-mail address.")
    sender: int = Field(
        default=20,
        ge=1,
        le=100_000,
        description="From one place in the net. A city hall often has one address for all who sit in it.",
    )


class JoiningPolicy(Section):
    """How people come in by themselves."""

    enabled: bool = Field(
        default=True, description="Whether newcomers may register. Who is in the network logs in either way."
    )
    contact: Words = Field(
        default="",
        description="Whom people of other organisations ask, in words for them, e.g. a name and a telephone number of "
        'the coordination. "": no one is named.',
    )
    link_minutes: int = Field(
        default=60,
        ge=5,
        le=1440,
        description="Minutes for which a link by mail can be used. Below 60 somebody who types others' addresses can "
        "keep them out: no further link is sent, and those that were sent are over.",
    )
    decision_days: int = Field(
        default=7,
        ge=1,
        le=30,
        description="Days for which a moderator can answer a request by the link in the mail about it. After that they "
        "log in first.",
    )
    tries_an_hour: TriesPolicy = Field(
        default=TriesPolicy(), description="How often somebody may ask for a link within one hour."
    )


class ConfirmationsPolicy(Section):
    """When moderators are asked whether the lists of their bodies are right."""

    months: Months | None = Field(
        default=(4, 10), description="On the first day of these months, 1 to 12, they are asked; null: never."
    )
    remind_after_days: int = Field(default=14, ge=1, le=90, description="Days after which they are reminded.")
    escalate_after_days: int = Field(
        default=28,
        ge=2,
        le=180,
        description="Days after which the lead organisation's administrators are asked instead. Nobody is ever removed "
        "because of silence.",
    )

    @model_validator(mode="after")
    def _reminded_first(self) -> Self:
        if self.escalate_after_days <= self.remind_after_days:
            raise PydanticCustomError("policies.escalated_before_reminded", "asked elsewhere before reminded")
        return self


class MailsPolicy(Section):
    """What the service writes to people, and how much of it."""

    to_body_a_day: int = Field(
        default=3, ge=0, le=100, description="Mails a day that may be written to all of one body; 0: none."
    )
    greet: bool = Field(
        default=True, description="Whether a body's conversation is told who joined. Welcomes go in any case."
    )
    weekly: bool = Field(default=True, description="Whether rangers get a summary of each week.")
