"""The set-up that README gives to copy makes a directory that doctor finds nothing wrong with."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from urllib.parse import quote

import pytest

from connectors.ldap.settings import LdapSettings
from provisioner.model.ports import Severity
from tests.ldap.rig import Rig, Server, anna, body_id, create, join, person_id, settled, update
from tests.support.slapd import demand_slapd, free_port, wait_for

README = Path(__file__).parents[2] / "connectors" / "ldap" / "README.md"
BASE = "dc=redi,dc=example"
PASSWORD = "only-for-tests"
_MYSELF = f"gidNumber={os.getgid()}+uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth"

_CONF = f"""\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database config
rootdn "{_MYSELF}"
database mdb
suffix "{BASE}"
rootdn "cn=admin,{BASE}"
rootpw {PASSWORD}
directory {{folder}}/db
access to * by * none
"""


def blocks() -> dict[str, list[str]]:
    """The LDIF of README's commands, by the heading it stands under."""
    found: dict[str, list[str]] = {}
    heading = ""
    for heading_text, ldif in re.findall(r"^\*\*(.+?)\*\*|<<'LDIF'\n(.*?)\nLDIF$", README.read_text(), re.M | re.S):
        heading = heading_text or heading
        if ldif:
            found.setdefault(heading, []).append(ldif)
    return found


@pytest.fixture
def as_advised(tmp_path: Path) -> Iterator[Server]:
    for folder in ("db", "config"):
        (tmp_path / folder).mkdir()
    conf, port = tmp_path / "slapd.conf", free_port()
    conf.write_text(_CONF.format(folder=tmp_path))
    slapd, config = demand_slapd(), str(tmp_path / "config")
    subprocess.run([slapd, "-Ttest", "-n", "0", "-f", str(conf), "-F", config], check=True, capture_output=True)
    sockets = Path(mkdtemp(prefix="slapd-"))  # a socket's path may have no more than 107 bytes; pytest's are longer
    ldapi = f"ldapi://{quote(str(sockets / 'ldapi'), safe='')}"
    server = Server(f"ldap://127.0.0.1:{port}", BASE, f"cn=provisioner,ou=services,{BASE}", PASSWORD)
    server.admin_user = f"cn=admin,{BASE}"
    with (tmp_path / "log").open("wb") as log:
        command = [slapd, "-F", config, "-h", f"{ldapi}/ {server.url}/", "-d", "0"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    wait_for(process, port, tmp_path / "log")

    def run(program: str, ldif: str, *login: str) -> None:
        text = ldif.replace("{SSHA}…", PASSWORD)
        done = subprocess.run([program, *login], input=text, text=True, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr

    external = ("-Y", "EXTERNAL", "-H", ldapi)
    server.do("add", BASE, None, {"objectClass": ["dcObject", "organization"], "dc": "redi", "o": "re@di"})
    steps = blocks()
    (branches,) = steps["Branches and the technical account"]
    run("ldapadd", branches, "-x", "-H", server.url, "-D", server.admin_user, "-w", PASSWORD)
    (rights,) = steps["Rights"]
    run("ldapmodify", rights, *external)
    modules, overlays = steps["Overlays"]
    run("ldapmodify", modules, *external)
    run("ldapadd", overlays, *external)
    yield server
    process.terminate()
    process.wait(timeout=30)
    rmtree(sockets)


def test_a_directory_made_from_readme_serves_the_connector(as_advised: Server, rig_on: Callable[..., Rig]) -> None:
    rig = rig_on(as_advised)
    rig.apply(anna(), create(body_id("b"), "b", display_name="Projekt"), join("b", "anna"))
    rig.apply(update(rig, person_id("anna"), "anna", name=("anna", "anne")))
    settled(rig.rosters, {"b": {"anne"}})
    findings = list(rig.connector.examine())
    wrong = {finding.what.code for finding in findings if finding.severity in (Severity.WARNING, Severity.ERROR)}
    assert wrong == {"ldap.doctor_plaintext"}  # on loopback, in this test


def test_more_people_than_slapds_own_limit_are_read(as_advised: Server, rig_on: Callable[..., Rig]) -> None:
    rig = rig_on(as_advised, page_size=200)
    with as_advised.admin() as connection:
        for number in range(510):
            values = {"objectClass": "inetOrgPerson", "cn": "x", "sn": "x"}
            connection.add(f"uid=p{number},{as_advised.people}", None, values)
    assert len(rig.people()) == 510


def test_readme_shows_every_setting_under_its_name() -> None:
    text = README.read_text()
    shown = {"password", "allow_plaintext", "connect_timeout", "receive_timeout"}
    assert [name for name in LdapSettings.model_fields if name not in shown and f"{name}:" not in text] == []
