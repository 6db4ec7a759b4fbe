"""A real OpenLDAP server as a fixture: its own folder, a free loopback port, up in a tenth of a second."""

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

BASE = "dc=readi,dc=example"
ADMIN = f"cn=admin,{BASE}"
TECHNICAL = f"cn=provisioner,ou=services,{BASE}"
PASSWORD = "only-for-tests"

_SCHEMAS = Path("/etc/ldap/schema")

_CONF = """\
{schemas}
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload ppolicy
{syncprov}
{tls}
{globals}
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {folder}/db
dbnosync
index objectClass,uid,cn,member,entryUUID eq
{limits}
{access}
{overlays}
"""

_OVERLAYS = {
    "memberof": "overlay memberof",
    "refint": f'overlay refint\nrefint_attributes member\nrefint_nothing "cn=nobody,{BASE}"',
    "syncprov": "overlay syncprov\nsyncprov-sessionlog 1000",
    "syncprov without log": "overlay syncprov",
    "ppolicy": f'overlay ppolicy\nppolicy_default "cn=passwords,ou=services,{BASE}"',
}

_ACCESS = """\
access to attrs=userPassword by dn.exact="{technical}" =w by anonymous auth by * none
access to dn.subtree="ou=people,{base}" by dn.exact="{technical}" write by * none
access to dn.subtree="ou=groups,{base}" by dn.exact="{technical}" write by * none
access to * by dn.exact="{technical}" read by * none
"""

_SEED = """\
dn: {base}
objectClass: dcObject
objectClass: organization
dc: readi
o: re@di

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: ou=services,{base}
objectClass: organizationalUnit
ou: services

dn: {technical}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: provisioner
userPassword: {password}
"""


class SlapdMissing(AssertionError):
    """slapd is not installed; the tests need the real one."""


def demand_slapd() -> str:
    """The path of slapd. Raises SlapdMissing with what to install: a skip would hide that nothing was proved."""
    found = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/lib/openldap:/usr/bin")
    if found is None:
        raise SlapdMissing("slapd is missing: apt-get install slapd ldap-utils (scripts/test does it)")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Slapd:
    """One server. ``access`` goes before the usual ACLs, ``limits`` and ``globals_`` into their sections.

    ``certificate`` and ``key`` turn on StartTLS on `url` and TLS on `tls_url`.
    """

    folder: Path
    access: str = ""
    limits: str = ""
    globals_: str = ""
    overlays: tuple[str, ...] = ("memberof", "refint")
    schemas: tuple[str, ...] = ("core", "cosine", "inetorgperson")
    certificate: Path | None = None
    key: Path | None = None
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def start(self) -> Self:
        """Write the configuration (and, the first time, the seed) and wait until it answers."""
        slapd = demand_slapd()
        conf = self.folder / "slapd.conf"
        conf.write_text(self._configuration())
        if not (self.folder / "db").exists():
            (self.folder / "db").mkdir(parents=True)
            seed = self.folder / "seed.ldif"
            seed.write_text(_SEED.format(base=BASE, technical=TECHNICAL, password=PASSWORD))
            subprocess.run(
                [slapd, "-Tadd", "-f", str(conf), "-l", str(seed)], check=True, capture_output=True, timeout=60
            )
        addresses = f"{self.url}/ {self.tls_url}/" if self.certificate else f"{self.url}/"
        with (self.folder / "slapd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [slapd, "-f", str(conf), "-h", addresses, "-d", "0"], stdout=log, stderr=log
            )
        wait_for(self.process, self.port, self.folder / "slapd.log")
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _configuration(self) -> str:
        tls = ""
        if self.certificate:
            tls = f"TLSCertificateFile {self.certificate}\nTLSCertificateKeyFile {self.key}"
        return _CONF.format(
            schemas="\n".join(f"include {_SCHEMAS}/{name}.schema" for name in self.schemas),
            folder=self.folder,
            base=BASE,
            admin=ADMIN,
            password=PASSWORD,
            tls=tls,
            # Loaded only where it is used: it shows among the controls that the server offers.
            syncprov="moduleload syncprov" if any("syncprov" in name for name in self.overlays) else "",
            globals=self.globals_,
            limits=self.limits,
            overlays="\n".join(_OVERLAYS[name] for name in self.overlays),
            access=self.access + _ACCESS.format(base=BASE, technical=TECHNICAL),
        )


def wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until the port takes connections; a server that ended says why instead."""
    for _ in range(500):
        if process.poll() is not None:
            raise AssertionError(f"slapd did not start: {log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("slapd did not answer within ten seconds")
