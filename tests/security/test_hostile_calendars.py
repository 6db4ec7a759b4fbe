"""What a server with calendars may answer without hanging us: nothing of it is a calendar."""

import pytest

from connectors.nextcloud.calendars.dav import CalDav
from provisioner.model.errors import Garbled
from provisioner.transport.answer import Answer

HEAD = b'<?xml version="1.0"?>'
DAV = b'<multistatus xmlns="DAV:">'
ENTITIES = b"".join(b'<!ENTITY e%d "%s">' % (number, b"&e%d;" % (number - 1) * 10) for number in range(1, 12))
FILE = b'<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
DEEP = b"<response>" * 50_000 + b"<href>/x</href>" + b"</response>" * 50_000
HREFS = b"<response><href>/x</href>" * 20_000 + b"</response>" * 20_000
CALENDAR = (
    "<response><href>HREF</href><propstat><status>HTTP/1.1 200 OK</status><prop><displayname>X</displayname>"
    '<resourcetype><c:calendar xmlns:c="urn:ietf:params:xml:ns:caldav"/></resourcetype>'
    '<s:getctag xmlns:s="http://calendarserver.org/ns/">1</s:getctag>'
    "<owner><href>/remote.php/dav/principals/users/readi/</href></owner></prop></propstat></response>"
)
HOSTILE = {
    "a bomb of entities": HEAD + b'<!DOCTYPE m [<!ENTITY e0 "boom">' + ENTITIES + b"]>" + DAV + b"&e11;</multistatus>",
    "a file of ours": HEAD + FILE + DAV + b"<response><href>&e;</href></response></multistatus>",
    "one in another": HEAD + DAV + DEEP + b"</multistatus>",
    "each in the one before": HEAD + DAV + HREFS + b"</multistatus>",
    "never closed": HEAD + DAV * 50_000,
    "no calendar at all": HEAD + b"<html/>",
}


class Hostile:
    """A client whose server answers with this."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def dav(self, *_: object) -> Answer:
        return Answer(207, {"content-type": "application/xml"}, body=self.body)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_list_of_calendars_is_said_to_be_none(body: bytes) -> None:
    dav = CalDav(Hostile(body), "readi")  # type: ignore[arg-type]
    with pytest.raises(Garbled):
        dav.all()
    with pytest.raises(Garbled):
        dav.events("readi-pg")


def test_what_stands_within_another_answer_is_not_looked_at() -> None:
    """Else a list of 1 MB, each thing in the one before, would be read as often as it has things."""
    home = "/remote.php/dav/calendars/readi/"
    inner = CALENDAR.replace("HREF", f"{home}inside/")
    outer = CALENDAR.replace("HREF", f"{home}beside/")
    at_home = f"<response><href>{home}</href>{inner}</response>"
    body = f'<multistatus xmlns="DAV:">{at_home}{outer}</multistatus>'.encode()
    assert set(CalDav(Hostile(body), "readi").all()) == {"beside"}  # type: ignore[arg-type]
