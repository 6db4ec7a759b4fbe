"""What doctor says of a forum, and that settings are checked before anything is sent."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from connectors.discourse import DISCOURSE
from connectors.discourse.emulator import KEY, DiscourseEmulator
from connectors.discourse.settings import DiscourseSettings
from connectors.kit.bench import Bench
from provisioner.model.ports import Severity
from tests.support.discourse import Forum, forum


def said(site: Bench) -> dict[str, Severity]:
    findings = list(site.connector.examine())
    assert all(one.mend is not None for one in findings if one.severity is not Severity.OK)
    return {one.what.code: one.severity for one in findings}


def test_a_forum_that_fits_has_notes_alone(site: Forum, emulator: DiscourseEmulator) -> None:
    found = said(site)
    assert found["discourse.may_all"] is Severity.OK
    assert {Severity.WARNING, Severity.ERROR}.isdisjoint(found.values())
    assert {"discourse.all_rights", "discourse.pace", "discourse.welcomes"} <= found.keys()
    assert emulator.log.writes == []


def test_what_does_not_fit_is_said(site: Forum) -> None:
    site.world.site.username_length = (3, 60)
    site.world.site.enable_category_group_moderation = False
    found = said(site)
    assert found["discourse.other_length"] is Severity.WARNING
    assert found["discourse.no_moderation"] is Severity.WARNING


def test_what_strangers_read_of_ours_is_named(site: Forum) -> None:
    site.circle("lora")
    site.place("lora", writer=["lora"])
    assert "kit.read_by_strangers" not in said(site)
    (made,) = (one for one in site.world.categories.values() if "lora" in one.name.lower())
    made.read_restricted, made.permissions = False, {}
    assert said(site)["kit.read_by_strangers"] is Severity.WARNING


def test_a_key_without_rights_is_an_error_with_a_mend(site: Forum) -> None:
    site.world.users[-1].admin = False
    assert said(site)["discourse.no_admin"] is Severity.ERROR


def test_a_wrong_key_is_an_error_and_asked_once(site: Forum, emulator: DiscourseEmulator) -> None:
    emulator.keys.clear()
    assert said(site)["kit.login_refused"] is Severity.ERROR
    assert len(emulator.log.requests) == 2


def test_the_key_is_sent_to_nothing_that_is_no_discourse(site: Forum, emulator: DiscourseEmulator) -> None:
    emulator.faults.login_page(times=None)
    assert said(site) == {"kit.another_product": Severity.ERROR}
    assert [entry.user for entry in emulator.log.requests] == [None]


def test_nothing_is_said_of_welcomes_where_there_are_none() -> None:
    with forum(welcomes=False) as site:
        assert "discourse.welcomes" not in said(site)


def test_a_key_never_travels_in_the_open() -> None:
    given = DiscourseSettings(url="http://forum.example", token=SecretStr(KEY))
    with Bench(lambda target, wiring: DISCOURSE.open(target, given, wiring)) as site:
        assert said(site) == {"kit.not_encrypted": Severity.ERROR}


def test_the_key_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    given = DiscourseSettings(url="https://forum.example/", token_file=tmp_path / "key")
    assert given.secret().get_secret_value() == KEY
    assert (given.url, given.identity(), given.user) == ("https://forum.example", "discourse:forum.example", "system")
    assert KEY not in repr(DiscourseSettings(url="https://forum.example", token=SecretStr(KEY)))


@pytest.mark.parametrize("wrong", [{"requests_per_minute": 0}, {"longest_name": 5}, {"user": ""}, {"typo": 1}])
def test_settings_that_can_t_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DiscourseSettings.model_validate({"url": "https://forum.example", "token": KEY, **wrong})
