"""The recorded conversations, and how to record them anew: `python -m tests.keycloak.emulator.recordings [NAME…]`.

Recording asks the requests of a file of the real server and writes its answers beside them; new requests are added to
a file by hand, without an answer.
"""

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.keycloak.emulator.conversation import SECRET, Real, Side, Step, Talk
from tests.support.keycloak_server import CLIENT, VERSION, Realm, shared

FOLDER = Path(__file__).parents[2] / "recordings" / "keycloak-26.4"
FILES = sorted(FOLDER.glob("*.json"))


def read(file: Path) -> list[Step]:
    steps: list[Step] = json.loads(file.read_text())["steps"]
    return steps


def talk_over(file: Path, side: Side) -> list[tuple[Step, Any]]:
    """Take all steps with this side: each with the answer."""
    talk = Talk(side, CLIENT, SECRET)
    try:
        return [(step, talk.take(step)) for step in read(file)]
    finally:
        talk.close()


def new_realm() -> Realm:
    """A realm of the real server, with the secret that conversations use."""
    realm = shared().new_realm(eventsListeners=[])
    client = realm.admin("GET", f"/clients?clientId={CLIENT}").json()[0]
    realm.admin("PUT", f"/clients/{client['id']}", client | {"secret": SECRET})
    return realm


def record(file: Path) -> None:
    about = json.loads(file.read_text())["about"]
    with closing(Real(new_realm())) as real:
        taken = talk_over(file, real)
    steps = [step if answer is None else {**step, "answer": answer} for step, answer in taken]
    lines = ",\n".join(f"  {json.dumps(step, ensure_ascii=False)}" for step in steps)
    head = json.dumps({"server": f"Keycloak {VERSION}, H2", "about": about}, ensure_ascii=False)[:-1]
    file.write_text(f'{head},\n "steps": [\n{lines}\n ]}}\n')


if __name__ == "__main__":
    for wanted in FILES:
        if not sys.argv[1:] or wanted.stem in sys.argv[1:]:
            record(wanted)
