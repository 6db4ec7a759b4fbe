"""Exchanges with a DokuWiki, raw: replayed from a recording, and made comparable.

``python -m tests.dokuwiki.exchanges FOLDER`` asks a throw-away DokuWiki anew and writes the recordings of its version;
``READI_LIVE_DOKUWIKI_TREE`` says which program is run.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests

from tests.support.dokuwiki import RealWiki, Wiki
from tests.support.dokuwiki_server import SERVICE, DokuwikiServer
from tests.support.slapd import Slapd

RECORDINGS = Path(__file__).parents[1] / "recordings"
VERSIONS = {"dokuwiki-2024-02-06": 12, "dokuwiki-2026-08": 14}
"""Folder → version of the interface."""

_TIME = re.compile(r"\b1[6-9]\d{8}\b")


class Player:
    """Asks one wiki."""

    def __init__(self, wiki: Wiki) -> None:
        self._wiki = wiki
        wiki.wipe()
        wiki.seat("anna", "PG_Größe")

    def play(self, call: dict[str, Any]) -> dict[str, Any]:
        """Status, type and body of the answer, without what differs from run to run."""
        who, headers = call.get("who", SERVICE), {}
        if who != "nobody":
            token = "not.a.token" if who == "wrong" else self._wiki.token(who)
            headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._wiki.url}/lib/exe/jsonrpc.php/{call['method']}"
        if "body" in call:
            headers["Content-Type"] = call.get("type", "application/json")
            answer = requests.request(call.get("verb", "POST"), url, data=call["body"], headers=headers, timeout=60)
        else:
            answer = requests.request(
                call.get("verb", "POST"), url, json=call["arguments"], headers=headers, timeout=60
            )
        body = _lasting(answer.json())
        return {"status": answer.status_code, "type": answer.headers["Content-Type"], "body": body}


def _lasting(body: Any) -> Any:
    text = _TIME.sub('"(time)"', json.dumps(body, sort_keys=True))
    told = json.loads(text)
    if isinstance(told.get("result"), dict):
        for name in ("mail", "name"):
            if name in told["result"]:
                told["result"][name] = f"({name})"
    return told


def recordings(version: str) -> list[Path]:
    return sorted((RECORDINGS / version).glob("*.json"))


def calls_of(recording: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(recording.read_text(encoding="utf-8"))["exchanges"]
    return found


def asked(exchange: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in exchange.items() if name != "answer"}


def main() -> None:
    for recording in recordings(sys.argv[1]):
        told = json.loads(recording.read_text(encoding="utf-8"))
        with (
            tempfile.TemporaryDirectory() as folder,
            Slapd(Path(folder)) as slapd,
            DokuwikiServer(Path(folder) / "wiki", slapd.url) as server,
        ):
            wiki = RealWiki(server, slapd)
            player = Player(wiki)
            told["exchanges"] = [{**asked(one), "answer": player.play(asked(one))} for one in told["exchanges"]]
            wiki.close()
        lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in told["exchanges"])
        about = json.dumps(told["about"], ensure_ascii=False)
        recording.write_text(f'{{"about": {about}, "exchanges": [\n{lines}\n]}}\n', encoding="utf-8")
        sys.stdout.write(f"{recording.name}: {len(told['exchanges'])}\n")


if __name__ == "__main__":
    main()
