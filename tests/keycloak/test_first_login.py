"""How somebody gets in for the first time: the page to which we send them, on a real Keycloak."""

import requests

from provisioner.model.text import Text
from tests.support.keycloak import Bench
from tests.support.keycloak_hands import settings_of
from tests.support.keycloak_server import Realm, shared


def told(realm: Realm, *, at_home: bool) -> Text:
    bench = Bench(settings_of(realm))
    try:
        first_login = bench.connector.capabilities().first_login
        assert first_login is not None
        return first_login("erika.muster", at_home)
    finally:
        bench.close()


def findings(realm: Realm) -> set[str]:
    bench = Bench(settings_of(realm))
    try:
        return {finding.what.code for finding in bench.connector.examine()}
    finally:
        bench.close()


def test_the_page_by_which_a_password_is_set_opens_without_a_login_where_the_realm_allows_it() -> None:
    realm = shared().new_realm()
    page = told(realm, at_home=False)
    assert page.arguments["user"] == "erika.muster"
    url = str(page.arguments["url"])
    assert requests.get(url, timeout=60).status_code == 400
    assert "keycloak.doctor_no_reset" in findings(realm)
    realm.admin(
        "PUT", "", {"resetPasswordAllowed": True, "smtpServer": {"host": "mail.example", "from": "a@b.example"}}
    )
    opened = requests.get(url, timeout=60)
    assert opened.status_code == 200
    assert 'name="username"' in opened.text
    assert "keycloak.doctor_no_reset" not in findings(realm)


def test_whoever_has_an_account_at_home_is_sent_to_the_login_itself() -> None:
    realm = shared().new_realm()
    page = told(realm, at_home=True)
    assert page.code == "keycloak.first_login_at_home"
    opened = requests.get(str(page.arguments["url"]), timeout=60)
    assert opened.status_code == 200
