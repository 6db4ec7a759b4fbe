"""Exchanges with a NodeBB, raw: replayed from a recording, and made comparable.

``python -m tests.nodebb.exchanges`` asks a throw-away NodeBB anew (``READI_LIVE_NODEBB_URL``, ``_TOKEN`` of an
administrator, ``_OUTSIDER_TOKEN``) and writes the recordings. Nothing of it is taken away again.
"""

import json
import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.nodebb import Somebody

FOLDER = Path(__file__).parents[1] / "recordings" / "nodebb-4.15.1"
_PLACE = re.compile(r"\{(\w+)\}")
_RANDOM = re.compile(r"-[0-9a-f]{8}$")
_TIMES = frozenset({"createtime", "joindate", "lastonline", "edited", "timestamp"})
_LINES = (
    "status code message response categories cid name handle description slug parentCid disabled readiKey",
    "link class isSection subCategoriesPerPage numRecentReplies groups privileges users uid username",
    "userslug email email:confirmed emailToConfirm email:pending fullname banned keycloakId createtime",
    "joindate userTitle userTitleEnabled memberCount hidden system private disableJoinRequests",
    "disableLeave icon displayName isOwner nextStart isPrivate isSystem topics tid mainPid title pinned",
    "locked deleted content pid path categoriesTree children hasMoreSubCategories subCategoriesLeft",
    "pagination currentPage pageCount accounts confirmed enabled id ties queued relative_path edited",
)
_TOLD = frozenset(" ".join(_LINES).split())
"""What is kept of an answer: the rest is pictures, colours and counts."""


class Player:
    """Plays one conversation to one forum; what was saved of an answer stands in later addresses and bodies."""

    def __init__(self, url: str, tokens: Mapping[str, str], word: str) -> None:
        self._people = {who: Somebody(url, token) for who, token in tokens.items()}
        self._saved: dict[str, Any] = {"word": word}

    def play(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Status and body of the answer, without what differs from run to run."""
        path = _PLACE.sub(lambda place: quote(str(self._saved[place.group(1)]), safe=""), call["path"])
        answer = self._people[call.get("who", "chief")].ask(call["method"], path, self._filled(call.get("body")))
        try:
            body = answer.json()
        except ValueError:
            body = answer.text
        for name, where in call.get("save", {}).items():
            found = body
            for key in where.split("."):
                found = found[key]
            self._saved[name] = found
        private = "private" in answer.headers.get("cache-control", "")
        return {"status": answer.status_code, "private": private, "body": self._lasting(body)}

    def _filled(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {key: self._filled(value) for key, value in body.items()}
        if isinstance(body, str):
            whole = _PLACE.fullmatch(body)
            if whole:
                return self._saved[whole.group(1)]
            return _PLACE.sub(lambda place: str(self._saved[place.group(1)]), body)
        return body

    def _lasting(self, value: Any, key: str = "") -> Any:
        if key == "privileges" and isinstance(value, dict):
            return sorted(name for name, given in value.items() if given)
        if isinstance(value, dict):
            kept = {name: one for name, one in value.items() if name in _TOLD or ":" in name or name == key}
            return {self._named(name): self._lasting(one, name) for name, one in kept.items()}
        if isinstance(value, list):
            return [self._lasting(one) for one in value if self._is_ours(one)]
        if key == "path":
            return "(path)"
        if key in _TIMES and isinstance(value, int) and value:
            return "(time)"
        return self._named(value, key) if isinstance(value, str) or (_is_number(value) and key in _IDS) else value

    def _named(self, value: Any, key: str = "") -> Any:
        fitting = sorted(self._saved.items(), key=lambda one: one[0] not in key.lower())
        for name, saved in fitting:  # a topic and its post may well have one number
            if name != "word" and value == saved:
                return f"{{{name}}}"
        if isinstance(value, str):
            value = value.replace(str(self._saved["word"]), "{word}")
            return _RANDOM.sub("-(random)", re.sub(r"^\d+/", "(id)/", value))
        return value

    def _is_ours(self, one: Any) -> bool:
        """In a long list only what this conversation made, and what every forum has."""
        if not isinstance(one, dict):
            return True
        name = str(one.get("name") or one.get("username") or one.get("title") or "")
        if name in _EVERYWHERE:
            return "privileges" in one
        return str(self._saved["word"]) in name or ("children" not in one and not name)


_IDS = frozenset({"cid", "uid", "tid", "mainPid", "pid", "parentCid"})
_EVERYWHERE = frozenset({"registered-users", "guests", "spiders", "fediverse", "Global Moderators"})


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def difference(real: Any, told: Any, where: str = "") -> str:
    """Where the emulator says something else; it may say less. "" for nowhere."""
    if isinstance(real, dict) and isinstance(told, dict):
        for name, value in told.items():
            if name not in real:
                return f"{where}.{name} is more"
            found = difference(real[name], value, f"{where}.{name}")
            if found:
                return found
        return ""
    if isinstance(real, list) and isinstance(told, list):
        if len(real) != len(told):
            return f"{where} has {len(told)} instead of {len(real)}"
        found = (
            difference(one, other, f"{where}[{number}]")
            for number, (one, other) in enumerate(zip(real, told, strict=True))
        )
        return next((one for one in found if one), "")
    if isinstance(real, float | int) and isinstance(told, bool | int) and real == told:
        return ""
    return "" if real == told or (real is None and told == "") else f"{where}: {real!r} became {told!r}"


def recordings() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


def calls_of(recording: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(recording.read_text(encoding="utf-8"))["exchanges"]
    return found


def main() -> None:
    where = {name: os.environ[f"READI_LIVE_NODEBB_{name}"] for name in ("URL", "TOKEN", "OUTSIDER_TOKEN")}
    tokens = {"chief": where["TOKEN"], "outsider": where["OUTSIDER_TOKEN"], "stranger": "", "wrong": "no-token"}
    for recording in recordings():
        told = json.loads(recording.read_text(encoding="utf-8"))
        player = Player(where["URL"], tokens, f"probe{secrets.token_hex(3)}")
        told["exchanges"] = [{**one, "answer": player.play(one)} for one in told["exchanges"]]
        lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in told["exchanges"])
        about = json.dumps(told["about"], ensure_ascii=False)
        recording.write_text(f'{{"about": {about}, "exchanges": [\n{lines}\n]}}\n', encoding="utf-8")
        sys.stdout.write(f"{recording.name}: {len(told['exchanges'])}\n")


if __name__ == "__main__":
    main()
