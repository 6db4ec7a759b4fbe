"""The protocol and doctor: two kinds of tokens, answers as to a guest, 404s that say nothing, missing rights."""

import pytest
from pydantic import SecretStr, ValidationError

from connectors.kit.contract import Site
from connectors.nodebb import NODEBB
from connectors.nodebb.categories.shape import canonical, content_of, first_name, raw_of, split_topic
from connectors.nodebb.emulator import MASTER_TOKEN, PROVIDER, NodeBBEmulator
from connectors.nodebb.privileges import GIVEN, role_of
from connectors.nodebb.settings import NodeBBSettings
from connectors.nodebb.slugs import slug
from provisioner.emulation import VirtualClock
from provisioner.model.errors import LoginRefused, TargetError
from provisioner.model.inventory import Partial
from provisioner.model.ports import Severity
from provisioner.model.resources import EdgeRole, Kind
from tests.support.nodebb import category, group, person, site_of


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("PG Größe & Maß: Köln", "pg-größe-maß-köln"),
        ("  A  B--C ", "a-b-c"),
        ("Erika.Müller", "erika.müller"),
        ("o'hara", "o-hara"),
        ("a,b", "a-b"),
        ("..", ""),
        ("&&", ""),
        ("ПГ Москва 12", "пг-москва-12"),
        ("x_y@z", "x_y@z"),
        ("Zoe\u0301 3", "zoe-3"),
    ],
)
def test_slugs_are_made_as_the_server_makes_them(name: str, address: str) -> None:
    assert slug(name) == address
    assert slug(address) == address


def test_a_master_token_acts_as_the_account_that_the_settings_name(emulator: NodeBBEmulator) -> None:
    settings = NodeBBSettings(
        url=emulator.url, token=SecretStr(MASTER_TOKEN), login_provider=PROVIDER, uid=emulator.service.uid
    )
    with site_of(settings, emulator) as forum:
        forum.apply(forum.create(group("a"), "PG A", {}))
        forum.apply(forum.create(category("a"), "PG A", {"parent": "", "open": False}))
        assert forum.observe().own_account == str(emulator.service.uid)
        assert {entry.user for entry in emulator.log.requests} == {str(emulator.service.uid)}
        (made,) = [one for one in emulator.world.categories.values() if one.fields["name"] == "PG A"]
        assert "_uid" not in made.fields
    assert settings.account() == f"uid {emulator.service.uid}"
    assert NODEBB.account(settings) == settings.account()


def test_what_the_emulated_forum_says_of_itself_makes_a_target_section() -> None:
    assert NODEBB.emulator is not None
    sandbox = NODEBB.emulator(VirtualClock(), 0)
    sandbox.start()
    try:
        settings = NodeBBSettings.model_validate({"url": sandbox.url, **sandbox.credentials, **sandbox.settings})
        assert settings.url == sandbox.url
    finally:
        sandbox.stop()


def test_a_master_token_without_a_number_is_no_login(emulator: NodeBBEmulator) -> None:
    settings = NodeBBSettings(url=emulator.url, token=SecretStr(MASTER_TOKEN))
    with site_of(settings, emulator) as forum, pytest.raises(LoginRefused):
        forum.observe()


def test_a_token_that_ends_while_all_is_read_makes_nothing_vanish(
    emulator: NodeBBEmulator, forum: Site, settings: NodeBBSettings
) -> None:
    forum.apply(forum.create(category("a"), "PG A", {"parent": "", "open": False}))
    emulator.faults.hook(before=lambda _: emulator.tokens.clear(), path="/api/v3/categories")
    with pytest.raises(LoginRefused):
        forum.observe()


@pytest.mark.parametrize(
    "address", ["https://x.example/forum/api/v3", "https://x.example/forum/api", "https://x.example/forum/"]
)
def test_what_people_copy_along_of_an_address_is_dropped(address: str) -> None:
    settings = NodeBBSettings(url=address, token=SecretStr("x"))
    assert settings.url == "https://x.example/forum"
    assert settings.identity() == "nodebb:x.example/forum"


def test_settings_refuse_what_can_not_be(emulator: NodeBBEmulator) -> None:
    for more in ({"login_provider": "a b"}, {"uid": 0}, {"token_file": "x"}):
        with pytest.raises(ValidationError):
            NodeBBSettings.model_validate({"url": emulator.url, "token": "x", **more})


def test_a_404_of_an_unknown_address_is_no_statement_about_anybody(emulator: NodeBBEmulator, forum: Site) -> None:
    forum.apply(forum.create(person("anna"), "anna", {"email": "anna@stadt.example"}))
    emulator.faults.status(404, times=None, path="readi-ties")
    assert isinstance(forum.observe().of(Kind.ACCOUNT).completeness, Partial)
    with pytest.raises(TargetError):
        forum.connector.look_up(person("anna"), "anna")


# --- roles and texts ------------------------------------------------------------------------------------------


def test_a_role_is_known_by_what_it_gives_and_finer_rights_beside_it_stay() -> None:
    for role, given in GIVEN.items():
        assert role_of(frozenset(given)) is role
        assert role_of(frozenset({*given, "posts:history"})) is role
        assert role_of(frozenset(given[:-1])) is not role
    assert role_of(frozenset({*GIVEN[EdgeRole.READER], "topics:reply"})) is EdgeRole.OTHER
    assert role_of(frozenset({*GIVEN[EdgeRole.READER], "moderate"})) is EdgeRole.OTHER
    assert role_of(frozenset({*GIVEN[EdgeRole.WRITER], "purge"})) is EdgeRole.OTHER
    assert role_of(frozenset({*GIVEN[EdgeRole.MANAGER], "purge", "topics:tag"})) is EdgeRole.MANAGER


def test_rights_that_people_gave_beside_a_role_are_no_drift(emulator: NodeBBEmulator, forum: Site) -> None:
    forum.apply(
        forum.create(group("a"), "PG A", {}),
        forum.create(category("a"), "PG A", {"parent": "", "open": False}),
        forum.join(category("a"), "PG A", group("a"), role=EdgeRole.WRITER),
    )
    place = emulator.world.categories[int(forum.ids[category("a")])]
    emulator.world.give(place, "groups:topics:tag", "PG A")
    assert forum.seated(category("a"), EdgeRole.WRITER, Kind.GROUP) == {group("a").key}
    forum.apply(forum.regrade(category("a"), "PG A", group("a"), before=EdgeRole.WRITER, role=EdgeRole.READER))
    has = {what.removeprefix("groups:") for what, who in place.privileges.items() if "PG A" in who}
    assert has == set(GIVEN[EdgeRole.READER])


@pytest.mark.parametrize(
    "content",
    [
        "Zweck\n\n- Ordner: https://cloud.example/@pg/x\n\nreadi:body:pg-1",
        "@admin und (@alle), aber anna@stadt.example\n\nreadi:body:pg-1",
        "Nur Text",
    ],
)
def test_a_text_comes_back_as_it_was_meant_and_calls_nobody(content: str) -> None:
    raw = raw_of(content)
    assert content_of(raw) == content
    assert content_of(raw.replace("\n", "\r\n")) == content
    assert "readi:body" not in raw.replace("(readi:body", "")
    assert "@admin" not in raw
    assert "@alle" not in raw


def test_a_first_topic_has_one_form_with_a_title_that_the_server_takes() -> None:
    long = f"{'Sehr ' * 80}lang\n\n\nText  \n\n"
    form = canonical("first_topic", long)
    assert isinstance(form, str)
    title, content = split_topic(form)
    assert (len(title) <= 255, content) == (True, "Text")
    assert canonical("first_topic", form) == form
    assert canonical("first_topic", "Nur ein Titel") is None


def test_the_first_name_of_a_category_tells_nobody_anything_and_is_ever_the_same() -> None:
    name = first_name("readi:body:pg-geheim")
    assert "geheim" not in name
    assert name == first_name("readi:body:pg-geheim") != first_name("readi:body:pg-anders")


# --- doctor ---------------------------------------------------------------------------------------------------


def errors(forum: Site) -> list[str]:
    return [one.what.code for one in forum.connector.examine() if one.severity is Severity.ERROR]


def test_doctor_finds_nothing_wrong_with_the_rights_that_the_readme_advises(
    emulator: NodeBBEmulator, forum: Site
) -> None:
    emulator.give_least_rights()
    assert errors(forum) == []
    assert "nodebb.doctor_rights" in [one.what.code for one in forum.connector.examine()]


@pytest.mark.parametrize(
    "right", ["admin:categories", "admin:privileges", "admin:groups", "admin:users", "group:create", "ban"]
)
def test_doctor_names_a_right_that_is_missing(emulator: NodeBBEmulator, forum: Site, right: str) -> None:
    emulator.give_least_rights()
    emulator.world.rights[emulator.service.uid].discard(right)
    (found,) = [one for one in forum.connector.examine() if one.severity is Severity.ERROR]
    assert right in str(found.what.arguments["rights"])


def test_doctor_says_where_the_companion_is_missing() -> None:
    with NodeBBEmulator(companion=False) as bare:
        settings = NodeBBSettings(url=bare.url, token=SecretStr("emulated-token-1"), login_provider=PROVIDER)
        with site_of(settings, bare) as forum:
            assert errors(forum) == ["nodebb.doctor_no_companion"]


def test_doctor_sends_the_token_to_nothing_that_is_no_nodebb(emulator: NodeBBEmulator, forum: Site) -> None:
    emulator.faults.login_page(path="/api/config")
    assert errors(forum) == ["kit.another_product"]
    assert len(emulator.log.requests) == 1


def test_doctor_names_a_category_of_ours_that_strangers_read(emulator: NodeBBEmulator, forum: Site) -> None:
    forum.apply(forum.create(category("lora"), "PG Lora", {"parent": "", "open": False, "description": ""}))
    assert "kit.read_by_strangers" not in [one.what.code for one in forum.connector.examine()]
    for privilege in ("groups:find", "groups:read"):
        emulator.world.give(emulator.world.categories[int(forum.ids[category("lora")])], privilege, "guests")
    (found,) = [one for one in forum.connector.examine() if one.severity is Severity.WARNING]
    assert (found.what.code, found.what.arguments["named"]) == ("kit.read_by_strangers", "PG Lora")
