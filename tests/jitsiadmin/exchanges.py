"""Exchanges with a Jitsi-Admin, raw: replayed from a recording, and made comparable.

``python -m tests.jitsiadmin.exchanges URL`` asks a throw-away Jitsi-Admin anew and writes the recording. It has to be
empty but for a server `SERVER` with the key `KEY`, and mona@stadt.example, who logs in as mona.muster and is linked
to it. Recorded from the controllers, services and entities of H2-invent/jitsi-admin (July 2026) on PHP 8.2 in
Europe/Berlin with Doctrine and SQLite; mail, templates, the login and all pages were left out.

In paths and parameters ``{first}`` is the id that an earlier call with ``"as": "first"`` was given.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import requests

RECORDING = Path(__file__).parents[1] / "recordings" / "jitsi-admin-2026-07" / "api.json"
SERVER, KEY = "meet.example", "recorded-Key-1"

_ID = re.compile(r"\b[0-9a-f]{32}\b")
_JOIN = re.compile(r"^http.*/room/join/([ab])/\d+$")
_NOW = re.compile(r"20[^3]\d-\d\d-\d\dCES?T\d\d:\d\d:\d\d")
"""Of a conference that was planned without a start: the moment of the call."""


class Player:
    """Asks one server, and remembers the ids that it gives."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ids: dict[str, str] = {}

    def play(self, call: dict[str, Any]) -> dict[str, Any]:
        """Status and body of the answer, without what differs from run to run; of a page nothing but that it is one."""
        headers = {"Authorization": call.get("key", f"Bearer {KEY}")} if call.get("key", "") is not None else {}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                call["method"],
                f"{self._url}/api/v1{self._filled(call['path'])}",
                data=self._filled(call.get("form")),
                headers=headers,
                timeout=60,
            )
        try:
            body = answer.json()
        except ValueError:
            return {"status": answer.status_code, "body": "(a page)"}
        if "as" in call:
            self._ids[call["as"]] = body["uid"]
        return {"status": answer.status_code, "body": self._lasting(body)}

    def _filled(self, value: Any) -> Any:
        text = json.dumps(value)
        for name, identifier in self._ids.items():
            text = text.replace(f"{{{name}}}", identifier)
        return json.loads(text)

    def _lasting(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._lasting(one) for name, one in sorted(value.items())}
        if isinstance(value, list):
            return [self._lasting(one) for one in value]
        if not isinstance(value, str):
            return value
        for name, identifier in self._ids.items():
            value = value.replace(identifier, f"{{{name}}}")
        return _NOW.sub("(now)", _JOIN.sub(r"(join \1)", _ID.sub("(id)", value)))


def recorded() -> list[dict[str, Any]]:
    """The calls with their answers."""
    found: list[dict[str, Any]] = json.loads(RECORDING.read_text(encoding="utf-8"))
    return found


def main(url: str) -> None:
    """Ask anew what was recorded, and write down the answers."""
    player = Player(url)
    told = [{**call, "answer": player.play(call)} for call in recorded()]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in told)
    RECORDING.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
