"""Exchanges with a Mailman, raw: replayed from a recording, and made comparable. ``python -m tests.mailman.exchanges``
asks a throw-away Mailman anew and writes the recordings.

In paths and bodies ``{anna}`` is the id that an earlier call with ``"as": "anna"`` was given.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests

from tests.support.mailman_server import ADMIN, MailmanServer

RECORDINGS = Path(__file__).parents[1] / "recordings" / "mailman-3.3.8"

_ID = re.compile(r"\b[0-9a-f]{32}\b")
_TOKEN = re.compile(r"\b[0-9a-f]{40}\b")
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?")
_HIDDEN = frozenset({"password", "python_version"})


class Player:
    """Asks one server, and remembers the ids that it gives."""

    def __init__(self, url: str, auth: tuple[str, str] = ADMIN) -> None:
        self._url = url
        self._auth = auth
        self._ids: dict[str, str] = {}

    def play(self, call: dict[str, Any]) -> dict[str, Any]:
        """Status, headers and body of the answer, without what differs from run to run."""
        auth = {"nobody": None, "wrong": (self._auth[0], "wrong")}.get(call.get("who", ""), self._auth)
        url = f"{self._url}/3.1{self._filled(call['path'])}"
        with requests.Session() as session:
            session.trust_env = False
            body = {"json": self._filled(call["json"])} if "json" in call else {"data": call.get("form")}
            answer = session.request(call["method"], url, auth=auth, timeout=60, **body)  # type: ignore[arg-type]
        if "as" in call:
            found = answer.headers.get("Location", "").rpartition("/")[2] or _token(answer)
            self._ids[call["as"]] = found
        told: dict[str, Any] = {"status": answer.status_code}
        for name in ("Location", "Content-Type", "WWW-Authenticate"):
            if name in answer.headers:
                told[name] = self._lasting(answer.headers[name])
        if answer.text:
            told["body"] = _sorted(self._lasting(answer.json()))
        return told

    def _filled(self, value: Any) -> Any:
        text = json.dumps(value)
        for name, identifier in self._ids.items():
            text = text.replace(f"{{{name}}}", identifier)
        return json.loads(text)

    def _lasting(self, value: Any) -> Any:
        text = json.dumps(value).replace(self._url, "(url)")
        for name, identifier in self._ids.items():
            if identifier:
                text = text.replace(identifier, f"{{{name}}}")
        text = _TIME.sub("(time)", _TOKEN.sub("(hash)", _ID.sub("(id)", text)))
        return _without_secrets(json.loads(text))


def _token(answer: requests.Response) -> str:
    return str(answer.json().get("token", "")) if answer.text else ""


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: f"({name})" if name in _HIDDEN else _without_secrets(one) for name, one in value.items()}
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


def _sorted(body: Any) -> Any:
    """Keys by name; the order of entries is the server's, and compared."""
    return json.loads(json.dumps(body, sort_keys=True))


def recordings() -> list[Path]:
    return sorted(RECORDINGS.glob("*.json"))


def calls_of(recording: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(recording.read_text(encoding="utf-8"))["exchanges"]
    return found


def asked(exchange: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in exchange.items() if name != "answer"}


def main() -> None:
    for recording in recordings():
        with tempfile.TemporaryDirectory() as folder, MailmanServer(Path(folder)) as server:
            player = Player(server.url)
            told = json.loads(recording.read_text(encoding="utf-8"))
            told["exchanges"] = [{**asked(one), "answer": player.play(asked(one))} for one in told["exchanges"]]
            lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in told["exchanges"])
            about = json.dumps(told["about"], ensure_ascii=False)
            recording.write_text(f'{{"about": {about}, "exchanges": [\n{lines}\n]}}\n', encoding="utf-8")
            sys.stdout.write(f"{recording.name}: {len(told['exchanges'])}\n")


if __name__ == "__main__":
    main()
