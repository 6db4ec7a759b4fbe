"""A mail to all of a body: who may, to whom, how often, and whose address is seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from provisioner.app.joining.refusing import Forbidden, Refused
from provisioner.app.letters.delivering import Postman
from provisioner.app.letters.mailing import LONGEST_TEXT, mail_body
from provisioner.app.service_settings import MailSettings
from provisioner.model.messages import LetterState
from provisioner.state import Audit
from tests.support.desk import Desk, desks, small_network
from tests.support.mailserver import Came, PostOffice
from tests.support.site import run_cli

SENSORIK = "pg-sensorik"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (found,) = desks(tmp_path, small_network())
    yield found
    found.site.close()


def write(desk: Desk, by: str = "mona", text: str = "Wir treffen uns.\r\n\r\nBis bald", **more: object) -> int:
    given = {"subject": "Nächste Sitzung", **more}
    return mail_body(desk.site, desk.picture, desk.viewer(by), SENSORIK, text=text, **given)  # type: ignore[arg-type]


def delivered(desk: Desk) -> list[Came]:
    with PostOffice() as office:
        desk.site.settings.service.mail = MailSettings.model_validate(office.settings())
        Postman(desk.site, desk.pictures).deliver()
        return office.came


def test_everybody_gets_one_of_their_own_and_sees_nobodys_address(desk: Desk) -> None:
    assert write(desk) == 3
    came = delivered(desk)
    assert sorted(one.recipients[0] for one in came) == [
        "ben@bretten.example",
        "gerd@anderswo.example",
        "mona@bretten.example",
    ]
    for one in came:
        others = {"ben@", "gerd@", "mona@"} - {one.recipients[0].partition("@")[0] + "@"}
        assert not [other for other in others if other in one.raw.decode() + one.text]
        assert one.message["Subject"] == "Sensorik: Nächste Sitzung"
        assert "Mona Muster schreibt:\n\n    Wir treffen uns.\n\n    Bis bald\n" in one.text
        assert one.message["Cc"] is None


def test_the_writers_address_stands_in_the_text_when_they_say_so(desk: Desk) -> None:
    write(desk, show_address=True)
    for one in delivered(desk):
        assert "Antworten bitte an: mona@bretten.example" in one.text
        assert one.message["Reply-To"] is None


def test_moderators_alone_can_be_written_to(desk: Desk) -> None:
    assert write(desk, by="rita", to="moderators") == 1
    assert [one.to for one in desk.letters()] == ["person:p-mona"]


@pytest.mark.parametrize("who", ["ben", "moritz", "doris", "carla", "konrad", "gerd", "ole"])
def test_whoever_does_not_moderate_it_writes_to_nobody(desk: Desk, who: str) -> None:
    with pytest.raises(Forbidden):
        write(desk, by=who)
    assert desk.letters() == []


def test_no_more_than_three_a_day(desk: Desk) -> None:
    for _ in range(3):
        write(desk)
    with pytest.raises(Refused, match="mail_too_often"):
        write(desk, by="rita")
    assert len(desk.letters()) == 9
    assert mail_body(desk.site, desk.picture, desk.viewer("rita"), "pg-lora", "Andere", "Gruppe") == 1
    desk.clock.sleep(24 * 3600 + 1)
    assert write(desk) == 3


def test_policy_can_forbid_it(desk: Desk) -> None:
    desk.wish.policy = {"mails": {"to_body_a_day": 0}}
    desk.rewrite()
    with pytest.raises(Refused):
        write(desk)


@pytest.mark.parametrize(
    ("subject", "text"), [("", "x"), ("x", " \n"), ("x" * 151, "x"), ("x", "x" * (LONGEST_TEXT + 1))]
)
def test_what_is_empty_or_too_long_is_refused_and_not_counted(desk: Desk, subject: str, text: str) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            write(desk, subject=subject, text=text)
    assert write(desk) == 3


def test_the_audit_tells_how_many_and_not_what(desk: Desk) -> None:
    write(desk, text="Streng geheim")
    (deed,) = Audit(desk.site.database, "redi").latest()
    assert (deed.actor, deed.action, deed.subject) == ("p-mona", "mailed", "body:pg-sensorik")
    assert deed.about == {"count": 3, "to": "members"}


def test_whoever_left_meanwhile_gets_none(desk: Desk) -> None:
    write(desk)
    assert desk.places.strike(desk.viewer("mona"), SENSORIK, "p-ben")
    desk.letters()
    came = delivered(desk)
    assert [one.recipients for one in came if "Sitzung" in str(one.message["Subject"])] == [
        ["gerd@anderswo.example"],
        ["mona@bretten.example"],
    ]


def test_a_text_can_not_break_out_of_its_place(desk: Desk) -> None:
    text = "-- \nFrom: boss@evil.example\n.\nRCPT TO:<x@evil.example>\n\x1b[2J\u202e"
    write(desk, text=text, subject="Eins\r\nBcc: x@evil.example")
    for one in delivered(desk):
        assert one.message["Bcc"] is None
        assert str(one.message["From"]).startswith("redi <netz@readi.example>")
        assert "\x1b" not in one.text
        assert "\n    -- \n" not in one.text.replace("\n    --\n", "\n")


def test_by_command_with_a_question_before(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("Guten Tag zusammen", encoding="utf-8")
    common = ["--settings", desk.folder / "settings.yaml", "--lang", "de", "mail", "body"]
    ran = run_cli([*common, SENSORIK, file, "--subject", "Probe", "--yes"], desk.clock)
    assert (ran.code, ran.out) == (0, "3 Mails warten auf den Versand durch den Dienst.\n")
    assert [one.about["text"] for one in desk.letters()] == ["Guten Tag zusammen"] * 3
    assert run_cli([*common, "pg-niemals", file, "--subject", "Probe", "--yes"], desk.clock).code == 1
    assert desk.letters(LetterState.WAITING) == []


def test_a_trial_says_what_the_server_answered(desk: Desk) -> None:
    common = ["--settings", desk.folder / "settings.yaml", "--lang", "de"]
    trial = [*common, "mail", "test", "rita@bretten.example"]
    assert "Es ist kein Mail-Server eingerichtet" in run_cli(trial).err
    settings = desk.folder / "settings.yaml"
    with PostOffice() as office:
        wanted = yaml.safe_load(settings.read_text(encoding="utf-8"))
        wanted.setdefault("service", {})["mail"] = dict(office.settings())
        settings.write_text(yaml.safe_dump(wanted), encoding="utf-8")
        assert run_cli(trial).out == "Der Mail-Server hat die Nachricht an rita@bretten.example angenommen.\n"
        assert [one.recipients for one in office.came] == [["rita@bretten.example"]]
        assert "Mail geht über 127.0.0.1" in run_cli([*common, "doctor"]).out
        office.post.at_rcpt = ["550 no"]
        refused = run_cli(trial)
        assert (refused.code, refused.err) == (1, "Der Mail-Server weist die Adresse ab. (550)\n")
    down = run_cli([*common, "doctor"])
    assert down.code == 1
    assert "ist nicht zu erreichen" in down.out
