"""The policy of joining, confirming and mails: defaults that work, and mistakes that are told."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from policies.document import Policy
from provisioner.registry.files import read_document
from provisioner.texts import Catalogue


def test_without_a_word_people_may_join_and_lists_are_confirmed_twice_a_year() -> None:
    policy = Policy()
    assert policy.joining.enabled
    assert policy.joining.link_minutes == 60
    assert (policy.joining.tries_an_hour.address, policy.joining.tries_an_hour.sender) == (5, 20)
    assert policy.confirmations.months == (4, 10)
    assert policy.mails.greet
    assert policy.mails.weekly


def test_lists_need_not_be_confirmed_at_all() -> None:
    assert Policy.model_validate({"confirmations": {"months": None}}).confirmations.months is None


def test_months_come_in_the_order_of_the_year() -> None:
    assert Policy.model_validate({"confirmations": {"months": [11, 5]}}).confirmations.months == (5, 11)


@pytest.mark.parametrize(
    "wrong",
    [
        {"confirmations": {"months": []}},
        {"confirmations": {"months": [4, 4]}},
        {"confirmations": {"months": [13]}},
        {"confirmations": {"remind_after_days": 28, "escalate_after_days": 28}},
        {"joining": {"link_minutes": 0}},
        {"joining": {"contact": "Frau\u202eMuster"}},
        {"joining": {"tries_an_hour": {"address": 0}}},
        {"mails": {"to_body_a_day": -1}},
    ],
)
def test_what_could_not_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(wrong)


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_is_wrong_is_said_with_a_mend(tmp_path: Path, language: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("confirmations: {months: [4, 4]}\n")
    policy, problems = read_document(file, Policy)
    assert policy is None
    say = Catalogue(language)
    assert [("months" in say(problem.what), "null" in say(problem.mend)) for problem in problems] == [(True, True)]
    file.write_text("confirmations: {remind_after_days: 30}\n")
    policy, problems = read_document(file, Policy)
    assert policy is None
    assert ["escalate_after_days" in say(problem.mend) for problem in problems] == [True]
