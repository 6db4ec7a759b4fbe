"""A real DokuWiki as a fixture: PHP's own server on loopback, data in a temporary folder, groups from a real slapd.

``scripts/dokuwiki`` gets the wiki (Debian 13's package). Up in less than a second; `wipe` takes milliseconds.
"""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from tests.support.slapd import BASE, PASSWORD, TECHNICAL, free_port

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
TREE = Path(os.environ.get("READI_LIVE_DOKUWIKI_TREE") or _CACHE / "readi-tests" / "dokuwiki-trixie")
ADMINS = "wikiadmin"
SERVICE = "readi-provisioner"
"""Our technical account: one of the directory, in the group of the wiki's superusers."""

_LOCAL = """\
<?php
$conf['title'] = 'Wiki';
$conf['lang'] = 'de';
$conf['savedir'] = '{folder}/data';
$conf['useacl'] = 1;
$conf['superuser'] = '@{admins}';
$conf['remote'] = 1;
$conf['remoteuser'] = '';
$conf['authtype'] = 'authldap';
$conf['auth_security_timeout'] = 0;
$conf['updatecheck'] = 0;
$conf['plugin']['authldap']['server'] = '{ldap}';
$conf['plugin']['authldap']['version'] = 3;
$conf['plugin']['authldap']['binddn'] = '{binddn}';
$conf['plugin']['authldap']['bindpw'] = '{bindpw}';
$conf['plugin']['authldap']['usertree'] = 'ou=people,{base}';
$conf['plugin']['authldap']['userfilter'] = '(&(objectClass=inetOrgPerson)(uid=%{{user}}))';
$conf['plugin']['authldap']['grouptree'] = 'ou=groups,{base}';
$conf['plugin']['authldap']['groupfilter'] = '(&(objectClass=groupOfNames)(member=%{{dn}}))';
$conf['plugin']['authldap']['groupkey'] = 'cn';
$conf['plugin']['authldap']['modPass'] = 0;
"""
_TOKEN = """\
<?php define('NOSESSION', 1);
require '{tree}/inc/init.php';
echo \\dokuwiki\\JWT::fromUser($argv[1])->getToken();
"""
_ACL = "# acl.auth.php\n# <?php exit()?>\n{lines}\n"
_CONTENT = ("pages", "attic", "locks", "index", "media", "media_meta", "media_attic", "tmp", "log")
"""In cache and meta tokens are kept, by one version or the other."""
OPEN_ROOT = ("*\t@ALL\t1", "*\t@user\t8")
"""As many wikis are: everybody reads, whoever logs in writes. What is ours must be closed all the same."""


class DokuwikiMissing(AssertionError):
    """DokuWiki or PHP is not installed; the tests need the real one."""


@dataclass
class DokuwikiServer:
    """One wiki. ``tree``: its program, never written to. ``ldap``: the address of the slapd that knows people."""

    folder: Path
    ldap: str
    tree: Path = TREE
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Write the configuration and wait until it answers. Raises DokuwikiMissing with what to install."""
        if shutil.which("php") is None or not (self.tree / "inc").exists():
            raise DokuwikiMissing(
                "DokuWiki or PHP is missing: apt-get install php-cli php-ldap php-xml, scripts/dokuwiki"
            )
        conf = self.folder / "conf"
        shutil.copytree(self.tree / "conf", conf)
        (conf / "local.php").write_text(
            _LOCAL.format(
                folder=self.folder, admins=ADMINS, ldap=self.ldap, binddn=TECHNICAL, bindpw=PASSWORD, base=BASE
            )
        )
        (self.folder / "prepend.php").write_text(f"<?php define('DOKU_CONF', '{conf}/');\n")
        (self.folder / "token.php").write_text(_TOKEN.format(tree=self.tree))
        for kept in ("cache", "meta"):
            (self.folder / "data" / kept).mkdir(parents=True)
        self.wipe()
        command = [self._php, *self._options, "-S", f"127.0.0.1:{self.port}", "-t", str(self.tree)]
        with (self.folder / "php.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(600):
            if self.process.poll() is not None:
                raise AssertionError(f"PHP did not start: {(self.folder / 'php.log').read_text()}")
            if self._answers():
                return self
            time.sleep(0.02)
        raise AssertionError(f"DokuWiki did not answer: {(self.folder / 'php.log').read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def wipe(self, acl: tuple[str, ...] = OPEN_ROOT) -> None:
        """Leave no page and only these lines of rights; tokens stay."""
        for folder in _CONTENT:
            shutil.rmtree(self.folder / "data" / folder, ignore_errors=True)
            (self.folder / "data" / folder).mkdir(parents=True)
        for kept in (self.folder / "data").glob("cache/?/*"):
            if kept.suffix != ".token":
                kept.unlink()
        (self.folder / "conf" / "acl.auth.php").write_text(_ACL.format(lines="\n".join(acl)))

    def acl(self) -> str:
        return (self.folder / "conf" / "acl.auth.php").read_text()

    def token(self, user: str) -> str:
        """A person makes one in the profile; here the wiki's own code makes it."""
        if user not in self._tokens:
            done = subprocess.run(
                [self._php, *self._options, str(self.folder / "token.php"), user],
                check=True,
                capture_output=True,
                timeout=60,
            )
            self._tokens[user] = done.stdout.decode().strip()
        return self._tokens[user]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _php(self) -> str:
        return shutil.which("php") or "php"

    @property
    def _options(self) -> tuple[str, ...]:
        quick = ("-d", "opcache.enable=1", "-d", "opcache.enable_cli=1")
        quiet = ("-d", "error_reporting=0", "-d", "display_errors=0", "-d", "session.save_path=" + str(self.folder))
        return ("-d", f"auto_prepend_file={self.folder / 'prepend.php'}", *quick, *quiet)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/doku.php", timeout=20).ok
        except requests.ConnectionError:
            return False
