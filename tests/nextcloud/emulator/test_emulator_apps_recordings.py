"""The emulator's apps against what a real Nextcloud 34.0.1 with Team folders 22 and Talk 22 answered.

Numbers and words that the server draws (tokens of rooms, numbers of participants and messages) are learned from the
first answer that shows them; from then on the emulator has to stay with its own.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.nextcloud.emulator import NextcloudEmulator
from provisioner.emulation import VirtualClock
from tests.nextcloud.emulator.hearing import SECRET, Ears
from tests.nextcloud.emulator.test_emulator_recordings import SERVICE, compare, difference, replay

RECORDINGS = Path(__file__).parents[2] / "recordings" / "nextcloud-34" / "apps"
DRAWN = {"token": "token", "roomToken": "token", "share_with": "token", "attendeeId": "attendee"}
UNSTEADY = {
    "lastActivity",
    "lastReadMessage",
    "unreadMessages",
    *("unreadMention", "unreadMentionDirect"),
    "lastCommonReadMessage",
    "avatarVersion",
    "timestamp",
    "expirationTimestamp",
    "lastEditTimestamp",
    "icon-url",
    *("link", "share_with_link", "stime", "storage", "item_source", "file_source", "file_parent", "item_mtime"),
}
"""Times, and counts of what was read; only that they are there is compared."""
ASKED = re.compile(r"(?<=attendeeId=)\d+|(?<=replyTo=)\d+|(?<=lastKnownMessageId=)\d+|(?<=/)\d+(?=$|\?)")


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08" + bytes(45)
"""As large as the recorded one."""
MARKS = ("ETag", "OC-ETag", "OC-FileId")
XML_UNSTEADY = (
    (re.compile(r"&quot;\w+&quot;"), "(etag)"),
    (re.compile(r"<d:getlastmodified>[^<]+"), "<d:getlastmodified>(time)"),
    (re.compile(r"<oc:fileid>\d+"), "<oc:fileid>(number)"),
    (re.compile(r"(?<=deleted-at )([^>]*>)[^<]+"), r"\1(time)"),
    (re.compile(r"(?<=already exists in calendar )\d+"), "(number)"),
    (re.compile(r"(?<=Parse error: )[^<]+"), "(why)"),
    (re.compile(r"<s:message>[^<]* on line \d+, column \d+"), "<s:message>(place)"),
)


def steady(xml: str) -> str:
    for pattern, word in XML_UNSTEADY:
        xml = pattern.sub(word, xml)
    return xml


class Drawn:
    """What was recorded, and what the emulator calls it."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, Any], Any] = {}

    def learn(self, recorded: Any, answered: Any) -> None:
        """Walk through both answers together."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for key, value in recorded.items():
                kind = DRAWN.get(key) or ("message" if key == "id" and "messageType" in recorded else None)
                if kind is not None and key in answered and value:
                    self.names.setdefault((kind, value), answered[key])
                self.learn(value, answered.get(key))
        elif isinstance(recorded, list) and isinstance(answered, list):
            for one, other in zip(recorded, answered, strict=False):
                self.learn(one, other)

    def asked(self, text: str) -> str:
        """A recorded address or form in the emulator's words."""
        for (kind, value), name in self.names.items():
            if kind == "token":
                text = text.replace(value, name)
        if "/apps/spreed/" in text or "/" not in text:
            kind = {"attendeeId": "attendee"}

            def own(found: re.Match[str]) -> str:
                before = text[: found.start()]
                drawn = kind.get(before.rpartition("=")[0].rpartition("&")[2].rpartition("?")[2], "message")
                return str(self.names.get((drawn, int(found.group())), found.group()))

            text = ASKED.sub(own, text)
        return text

    def sent(self, value: Any) -> Any:
        """A recorded JSON body in the emulator's words."""
        if isinstance(value, dict):
            own = {key: self.sent(one) for key, one in value.items()}
            if "replyTo" in own:
                own["replyTo"] = self.names.get(("message", own["replyTo"]), own["replyTo"])
            return own
        return self.names.get(("token", value), value) if isinstance(value, str) else value

    def told(self, value: Any, *, recorded: bool, inside: str = "") -> Any:
        """An answer with the drawn words in the emulator's, and without what is unsteady."""
        if isinstance(value, list):
            return [self.told(one, recorded=recorded, inside=inside) for one in value]
        if not isinstance(value, dict):
            return value
        system = value.get("messageType") == "system"
        made: dict[str, Any] = {}
        for key, one in value.items():
            kind = DRAWN.get(key) or ("message" if key == "id" and "messageType" in value else None)
            if key == "id" and value.get("type") in ("call", "Collection"):
                kind = "token"
            if key == "content" and value.get("type") == "Note":
                one = json.loads(one)
            worded = (system and key in {"message", "messageParameters"}) or key == "lastMessage"
            drawn = key == "id" and (value.get("type") in ("file", "Application") or "share_type" in value)
            drawn |= key == "path" and value.get("type") == "file"  # where the reader's own folder for these is
            if key == "id" and value.get("type") == "Note" and recorded:
                made[key] = str(self.names.get(("message", int(one)), one))
            elif key in UNSTEADY or worded or drawn or (value.get("objectType") == "sample" and key == "description"):
                made[key] = "…"
            elif kind is not None and recorded:
                made[key] = self.names.get((kind, one), one)
            else:
                made[key] = self.told(one, recorded=recorded, inside=key)
        return made


class Answer:
    """An answer with its body put in common words."""

    def __init__(self, answer: Any, body: Any = None, text: str | None = None) -> None:
        self.status_code, self.headers, self.ok = answer.status_code, answer.headers, answer.ok
        self.text = answer.text if text is None else text
        self._body = body

    def json(self) -> Any:
        return self._body


@pytest.mark.parametrize("recording", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_exchange_with_an_app_is_answered_alike(recording: Path) -> None:
    exchanges = json.loads(recording.read_text())["exchanges"]
    assert exchanges
    differences: list[str] = []
    drawn = Drawn()
    clock = VirtualClock()
    with Ears() as ears, NextcloudEmulator(clock=clock, service=SERVICE) as emulator:
        emulator.rename(SERVICE[0], "re@di provisioner")
        for number, exchange in enumerate(exchanges):
            clock.advance(1)
            if word := exchange.get("switch"):
                for app in ("groupfolders", "spreed"):
                    (emulator.enable_app if word == "on" else emulator.disable_app)(app)
                continue
            if name := exchange.get("install"):
                emulator.talk.install_bot(name, SECRET, ears.url, exchange["features"])
                continue
            if "state" in exchange:
                emulator.talk.bots[1].state = exchange["state"]
                continue
            if path := exchange.get("upload"):
                emulator.world.home(SERVICE[0]).write(path, PNG)
                continue
            ears.told.clear()
            exchange["path"] = drawn.asked(exchange["path"])
            if "form" in exchange:
                exchange["form"] = drawn.asked(exchange["form"])
            if "json" in exchange:
                exchange["json"] = drawn.sent(exchange["json"])
            answer = replay(emulator, exchange)
            heard = [drawn.told(one, recorded=False) for one in ears.told]
            told: Any = answer
            if not isinstance(exchange["body"], str) and answer.headers.get("Content-Type", "").startswith("app"):
                drawn.learn(exchange["body"], answer.json())
                exchange["body"] = drawn.told(exchange["body"], recorded=True)
                told = Answer(answer, drawn.told(answer.json(), recorded=False))
            elif "/remote.php/" in exchange["path"]:
                for name in MARKS:  # each has its own value everywhere
                    if exchange["headers"].pop(name, None) is not None and name not in answer.headers:
                        differences.append(f"{number} {exchange['note']}: {name} is not sent")
                if exchange["status"] == 204:  # nginx names type and length of nothing
                    exchange["headers"] = {"X-User-Id": exchange["headers"]["X-User-Id"]}
                exchange["body"] = steady(exchange["body"])
                told = Answer(answer, text=steady(answer.text))
            wanted = [drawn.told(one, recorded=True) for one in exchange.get("told", [])]
            if "told" in exchange and (problem := difference(wanted, heard)):
                differences.append(f"{number} {exchange['note']}: {exchange['method']} {exchange['path']}: {problem}")
            if problem := compare(exchange, told):
                differences.append(f"{number} {exchange['note']}: {exchange['method']} {exchange['path']}: {problem}")
    assert not differences, "\n".join(differences)
