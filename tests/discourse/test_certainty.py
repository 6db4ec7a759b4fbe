"""What is concluded from what a forum does not show: nothing, unless it says so itself and we may see all."""

from itertools import count

import pytest

from connectors.discourse.emulator import DiscourseEmulator
from provisioner.emulation import Request, Response
from provisioner.model.errors import Garbled, LoginRefused, NotAllowed
from provisioner.model.inventory import Complete, Partial
from provisioner.model.ports import Interest
from provisioner.model.resources import Kind
from tests.support.discourse import FORUM, Forum, account, category, forum, group


def why(site: Forum, kind: Kind, interest: Interest | None = None) -> str:
    """Why nothing is complete of a kind; "" when all is."""
    found = site.observe(interest=interest).of(kind).completeness
    return found.why.code if isinstance(found, Partial) else ""


def test_who_lost_the_rights_sees_nothing_and_concludes_nothing(site: Forum) -> None:
    """All below /admin is a typed 404 then, and lists of groups and categories are shorter."""
    site.person("anna")
    site.circle("lora", "anna")
    site.place("lora", writer=["lora"])
    site.world.users[-1].admin = False
    for kind in FORUM:
        assert why(site, kind) == "discourse.no_admin"
    assert site.observe().rosters == {}


def test_a_wrong_key_is_a_refused_login_though_the_forum_says_403(site: Forum, emulator: DiscourseEmulator) -> None:
    emulator.keys.clear()
    with pytest.raises(LoginRefused):
        site.observe()
    assert len(emulator.log.requests) == 1


def test_a_key_of_somebody_else_asks_as_them(site: Forum, emulator: DiscourseEmulator) -> None:
    site.world.add_user("anna", "anna@stadt.example")
    emulator.keys = {next(iter(emulator.keys)): "anna"}
    assert why(site, Kind.GROUP) == "discourse.no_admin"


def test_the_key_and_its_owner_are_never_a_subject(site: Forum) -> None:
    site.world.add_user("verwalter", "verwalter@stadt.example", admin=True)
    with forum(user="verwalter") as other:
        other.world.add_user("verwalter", "verwalter@stadt.example", admin=True)
        assert other.observe().own_account == "1"
    assert site.observe().own_account == "-1"


@pytest.mark.parametrize(
    "path", ["/admin/users/list", "/groups.json", "/categories.json", "/members.json", "/show.json"]
)
def test_a_page_of_something_else_makes_what_it_hits_partial_and_nothing_more(
    site: Forum, emulator: DiscourseEmulator, path: str
) -> None:
    site.person("anna")
    site.circle("lora", "anna")
    site.place("lora", writer=["lora"])
    emulator.faults.login_page(path=path, times=None)
    inventory = site.observe()
    partial = {kind for kind in FORUM if isinstance(inventory.of(kind).completeness, Partial)}
    assert len(partial) == 1
    assert partial == {
        "/admin/users/list": {Kind.ACCOUNT},
        "/groups.json": {Kind.GROUP},
        "/members.json": {Kind.GROUP},
    }.get(path, {Kind.FORUM_CATEGORY})


def test_who_is_missing_in_the_list_is_looked_at_before_they_count_as_gone(
    site: Forum, emulator: DiscourseEmulator
) -> None:
    """Who was deleted while pages were read moves everybody after them to the page that was read before."""
    people = [site.world.add_user(f"user{number:03}", f"u{number}@stadt.example") for number in range(101)]
    for number, user in enumerate(people):
        site.ids[account(f"u{number}")] = str(user.id)

    def goes(_: object) -> None:
        site.world.users.pop(people[5].id, None)

    emulator.faults.hook(before=goes, path="page=2")
    found = site.observe().of(Kind.ACCOUNT)
    assert isinstance(found.completeness, Complete)
    assert {int(one) for one in found.objects} == {one.id for one in people}
    one_by_one = [entry.path for entry in emulator.log.requests if entry.path.startswith("/admin/users/9")]
    assert one_by_one == ["/admin/users/99.json"]


def test_so_many_missing_at_once_are_not_gone(site: Forum) -> None:
    for number in range(30):
        site.ids[account(f"u{number}")] = str(5000 + number)
    assert why(site, Kind.ACCOUNT) == "discourse.accounts_missing"


def test_no_groups_or_categories_at_all_where_some_were_ours_is_odd(site: Forum) -> None:
    site.ids[group("lora")], site.ids[category("lora")] = "77", "78"
    assert why(site, Kind.GROUP) == "discourse.groups_emptied"
    assert why(site, Kind.FORUM_CATEGORY) == "discourse.categories_emptied"


def test_a_list_of_groups_that_never_holds_still_is_not_whole(site: Forum, emulator: DiscourseEmulator) -> None:
    for number in range(60):
        site.world.add_group(f"gruppe{number:02}")
    ids = count()

    def comes(_: Request) -> None:
        site.world.add_group(f"a{next(ids):04}")

    emulator.faults.hook(before=comes, path="page=1", times=None)
    assert why(site, Kind.GROUP) == "kit.list_moved"


def test_categories_that_a_site_loads_lazily_are_read_to_the_last(site: Forum, emulator: DiscourseEmulator) -> None:
    site.world.site.lazy_load_categories = True
    for number in range(43):
        top = site.world.add_category(f"Oben {number}", {1: 1})
        for below in range(7 if number % 10 == 0 else 0):
            site.world.add_category(f"Unten {below}", {1: 1}, top.id)
    found = site.observe(interest=Interest()).of(Kind.FORUM_CATEGORY)
    assert isinstance(found.completeness, Complete)
    assert len(found.objects) == len(site.world.categories) == 43 + 5 * 7
    assert {one.fields["parent"] != "" for one in found.objects.values()} == {True, False}


def test_a_list_of_categories_without_an_end_is_given_up(
    site: Forum, emulator: DiscourseEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.discourse.categories.reading.MOST_PAGES", 5)
    numbers = count(1000)

    def more(_: object, answer: Response) -> None:
        listed = [{"id": next(numbers), "name": "x"} for _ in range(20)]
        answer.body = Response.json({"category_list": {"categories": listed}}).body

    emulator.faults.hook(after=more, path="/categories.json", times=None)
    assert why(site, Kind.FORUM_CATEGORY) == "kit.garbled"


def test_a_category_whose_rights_are_not_told_is_not_read(site: Forum) -> None:
    """Whoever may not edit it is shown it without: an empty map would look as if nobody were in it."""
    site.circle("lora")
    site.place("lora", writer=["lora"])
    shown = site.world.may_see

    def in_part(*_: object) -> bool:
        site.world.users[-1].admin = False
        return True

    site.world.may_see = in_part  # type: ignore[method-assign]
    assert why(site, Kind.FORUM_CATEGORY) == "kit.garbled"
    site.world.may_see = shown  # type: ignore[method-assign]


def test_a_category_that_is_called_as_another_s_number_is_not_taken_for_it(
    site: Forum, emulator: DiscourseEmulator
) -> None:
    """/c/7/show.json looks for the slug first (fetch_category)."""
    site.circle("lora")
    site.place("lora", writer=["lora"])
    (step,) = site.compile(site.erase(category("lora"), site.remote(category("lora"))))

    def another(_: object, answer: Response) -> None:
        answer.body = answer.body.replace(b'"id":1,', b'"id":9,')

    emulator.faults.hook(after=another, path="/show.json")
    with pytest.raises(Garbled):
        site.connector.verify(step, site.resolve)


def test_a_right_that_is_lost_in_the_middle_is_said_so(site: Forum) -> None:
    site.circle("lora")
    site.world.users[-1].admin = False
    with pytest.raises(NotAllowed):
        site.apply(site.create(category("lora"), "PG", {"parent": "", "open": False}))
