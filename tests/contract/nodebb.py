"""What the connector relies on in a NodeBB, beside what every connector's contract asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.kit.contract import Sample, Site, identify
from connectors.nodebb.settings import NodeBBSettings
from provisioner.model.errors import LoginRefused, Permanent
from provisioner.model.inventory import Complete, Partial
from provisioner.model.ports import Interest
from provisioner.model.resources import PUBLIC, EdgeRole, Kind, ResourceId, Value
from provisioner.model.steps import Moved
from tests.support.nodebb import Chief, Somebody, after_every_write, site_of

ACCOUNT = Sample(
    Kind.ACCOUNT,
    {"display_name": "Anna {word}", "email": "{word}@stadt.example", "enabled": True, "login_id": "sub-{word}"},
    {"display_name": "Anna Ähre {word}", "email": "{word}@neu.example"},
)
GROUP = Sample(Kind.GROUP, {}, {}, (EdgeRole.MEMBER,), name="PG {word} Größe & Maß")
CATEGORY = Sample(
    Kind.FORUM_CATEGORY,
    {"parent": "", "open": False, "description": "Wir messen & regeln <alles>: {word}"},
    {"open": True, "description": "Neues {word}"},
    (EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER),
    Kind.GROUP,
    name="Größe {word}",
    graded=True,
)
SAMPLES = (ACCOUNT, GROUP, CATEGORY)
READER, WRITER, MANAGER = EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER


@dataclass(frozen=True)
class Server:
    """One NodeBB with its people: an administrator, an ordinary account that is in no group of ours."""

    settings: NodeBBSettings
    outsider: Somebody
    chief: Chief
    emulator: Any = None

    @property
    def stranger(self) -> Somebody:
        return Somebody(self.settings.url)


def key_of(site: Site, word: str, end: str = "") -> str:
    """Of a body that nothing else has."""
    return f"body:{site.prefix}{word}{end}"


class NodeBBContract:
    """A subclass gives the fixture ``server``."""

    @pytest.fixture
    def site(self, server: Server) -> Iterator[Site]:
        with site_of(server.settings, server.emulator) as site:
            yield site
            server.chief.wipe(site.prefix)

    def body(self, site: Site, word: str, **fields: Value) -> tuple[ResourceId, ResourceId, ResourceId]:
        """A body with its two groups and its category, made in one go: category, members, moderators."""
        members = ResourceId(Kind.GROUP, key_of(site, word))
        moderators = ResourceId(Kind.GROUP, key_of(site, word, ":administrators"))
        category = ResourceId(Kind.FORUM_CATEGORY, key_of(site, word))
        given = {"parent": "", "open": False, "description": f"Zweck {word}", **fields}
        name = f"{site.prefix} {word}"
        site.apply(
            site.create(members, f"PG {name}", {}),
            site.create(moderators, f"PG {name} Moderation", {}),
            site.create(category, name, given),  # type: ignore[arg-type]
            site.join(category, name, members, role=WRITER),
            site.join(category, name, moderators, role=MANAGER),
        )
        return category, members, moderators

    def person(self, site: Site, word: str) -> ResourceId:
        fields = site.fields(ACCOUNT.fields, word)
        identity = identify(Kind.ACCOUNT, word)
        site.apply(site.create(identity, f"{site.prefix}{word}", fields))
        return identity

    def text(self, identity: ResourceId, words: str) -> str:
        return f"Wozu es das gibt\n\n{words}\n\nreadi:{identity.key}"

    # --- nobody sees it who is not meant -----------------------------------------------------------------------

    def test_no_stranger_and_no_outsider_reads_a_private_category_after_any_write(
        self, server: Server, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Looks at all that is new, also at what others make meanwhile: a real forum has to be this test's alone."""
        self.body(site, "null")  # what new ones are a copy of is nobody's, and was seen when it was made
        chief, before = server.chief, {one["cid"] for one in server.chief.every_category()}
        looks: list[str] = []

        def probe(written: str) -> None:
            looks.append(written)
            for one in chief.every_category():
                if one["cid"] in before:
                    continue
                for somebody in (server.stranger, server.outsider):
                    assert not somebody.reads(one["cid"]), (written, somebody, one)
                for topic in chief.do("GET", f"/categories/{one['cid']}/topics")["topics"]:
                    for somebody in (server.stranger, server.outsider):
                        assert not somebody.reads_topic(topic["tid"]), (written, somebody, topic)

        after_every_write(monkeypatch, probe)
        above = ResourceId(Kind.FORUM_CATEGORY, f"bodies:{site.prefix}")
        fields = {"parent": "", "open": False}
        site.apply(site.create(above, f"{site.prefix} Gruppen", fields))  # type: ignore[arg-type]
        category, members, moderators = self.body(site, "eins", parent=above.key)
        site.apply(site.write(category, site.remote(category), "first_topic", self.text(category, "Guten Tag")))
        site.apply(site.update(category, site.remote(category), {"name": f"{site.prefix} neu", "parent": ""}))
        site.apply(site.update(members, site.remote(members), {"name": f"PG {site.prefix} neu"}))
        name = f"{site.prefix} neu"
        site.apply(site.regrade(category, name, members, before=WRITER, role=READER))
        site.apply(site.leave(category, name, moderators, role=MANAGER))
        assert len(looks) > 40
        assert site.remote(category).fields["open"] is False

    def test_a_category_shown_a_moment_too_early_would_be_seen(self, server: Server, site: Site) -> None:
        """The proof above looks where strangers look."""
        cid = server.chief.do("POST", "/categories", {"name": f"{site.prefix} offen"})["cid"]
        assert server.stranger.reads(cid)
        assert server.outsider.reads(cid)

    def test_an_open_category_is_read_by_all_who_log_in_and_by_no_stranger(self, server: Server, site: Site) -> None:
        category, _, _ = self.body(site, "offen", open=True)
        cid = int(site.ids[category])
        assert server.outsider.reads(cid)
        assert not server.stranger.reads(cid)
        site.apply(site.update(category, site.remote(category), {"open": False}))
        assert not server.outsider.reads(cid)
        site.apply(site.update(category, site.remote(category), {"open": True}))
        assert server.outsider.reads(cid)
        assert not server.stranger.reads(cid)

    def test_what_somebody_opened_to_strangers_is_public_and_can_be_closed(self, server: Server, site: Site) -> None:
        category, _, _ = self.body(site, "drift")
        cid = int(site.ids[category])
        server.chief.do("PUT", f"/categories/{cid}/privileges/groups:read", {"member": "guests"})
        assert site.remote(category).fields["open"] == PUBLIC
        site.apply(site.update(category, site.remote(category), {"open": False}))
        assert site.remote(category).fields["open"] is False
        assert not server.stranger.reads(cid)
        server.chief.do("PUT", f"/categories/{cid}", {"disabled": 1})
        assert site.remote(category).fields["open"] is None
        site.apply(site.update(category, site.remote(category), {"open": False}))
        assert site.remote(category).fields["open"] is False

    # --- what is renamed stays what it is ----------------------------------------------------------------------

    def test_a_renamed_group_keeps_its_description_its_members_and_its_access(self, server: Server, site: Site) -> None:
        category, members, _ = self.body(site, "alt")
        person = self.person(site, "anna")
        name = site.remote(members).name
        site.apply(site.join(members, name, person))
        (before,) = [one for one in server.chief.groups() if one["name"] == name]
        path = f"/groups/{before['slug']}"
        server.chief.do("PUT", path, {"description": "Von Hand geschrieben", "icon": "fa-leaf"})
        site.apply(site.update(members, site.remote(members), {"name": f"PG {site.prefix} frisch"}))
        (after,) = [one for one in server.chief.groups() if one["createtime"] == before["createtime"]]
        assert (after["description"], after["icon"]) == ("Von Hand geschrieben", "fa-leaf")
        assert (after["name"], after["hidden"], after["private"]) == (f"PG {site.prefix} frisch", 1, 1)
        assert site.seated(members, EdgeRole.MEMBER, Kind.ACCOUNT) == {person.key}
        roster = site.roster(category)
        assert isinstance(roster.completeness, Complete)
        assert roster.of(WRITER, Kind.GROUP) == {site.ids[members]}

    def test_what_people_renamed_is_known_again_and_its_rights_are_not_taken_for_gone(
        self, server: Server, site: Site
    ) -> None:
        category, members, _ = self.body(site, "hand")
        (group,) = [one for one in server.chief.groups() if one["name"] == site.remote(members).name]
        site.observe()  # by now the server remembers what all groups are called
        server.chief.do("PUT", f"/groups/{group['slug']}", {"name": f"{site.prefix} umgetauft", "description": ""})
        assert site.remote(members).name == f"{site.prefix} umgetauft"
        called = {(Kind.GROUP, site.ids[members]): group["name"]}
        bound = frozenset((one.kind, remote_id) for one, remote_id in site.ids.items())
        seen = site.observe(interest=Interest(bound=bound, called=called))
        roster = seen.rosters[Kind.FORUM_CATEGORY, site.ids[category]]
        assert isinstance(roster.completeness, Partial)
        site.apply(site.update(members, site.remote(members), {"name": f"PG {site.prefix} zurück"}))
        roster = site.roster(category)
        assert isinstance(roster.completeness, Complete)
        assert roster.of(WRITER, Kind.GROUP) == {site.ids[members]}

    def test_a_renamed_category_keeps_number_topic_and_rights(self, server: Server, site: Site) -> None:
        category, members, moderators = self.body(site, "name")
        site.apply(site.write(category, site.remote(category), "first_topic", self.text(category, "Guten Tag")))
        cid = site.ids[category]
        topics = server.chief.do("GET", f"/categories/{cid}/topics")["topics"]
        roster = site.roster(category).members
        site.apply(site.update(category, site.remote(category), {"name": f"{site.prefix} Ümläut & Co"}))
        shown = server.chief.do("GET", f"/categories/{cid}")
        assert (shown["name"], shown["readiKey"]) == (f"{site.prefix} Ümläut & Co", f"readi:{category.key}")
        assert [one["tid"] for one in server.chief.do("GET", f"/categories/{cid}/topics")["topics"]] == [
            one["tid"] for one in topics
        ]
        assert site.roster(category).members == roster
        assert roster[WRITER, Kind.GROUP] == {site.ids[members]}
        assert roster[MANAGER, Kind.GROUP] == {site.ids[moderators]}

    def test_a_category_moves_below_another_and_back(self, server: Server, site: Site) -> None:
        above, _, _ = self.body(site, "oben")
        below, _, _ = self.body(site, "unten", parent=above.key)
        assert site.remote(below).fields["parent"] == above.key
        site.apply(site.update(below, site.remote(below), {"parent": ""}))
        assert site.remote(below).fields["parent"] == ""
        server.chief.do("PUT", f"/categories/{site.ids[below]}", {"parentCid": 1})
        assert site.remote(below).fields["parent"] == "#1"
        site.apply(site.update(below, site.remote(below), {"parent": above.key}))
        assert site.remote(below).fields["parent"] == above.key

    # --- the first topic ---------------------------------------------------------------------------------------

    def test_the_first_topic_is_pinned_edited_in_place_and_shows_no_mark(self, server: Server, site: Site) -> None:
        category, _, _ = self.body(site, "thema")
        cid = site.ids[category]
        assert site.remote(category).fields["first_topic"] is None
        text = self.text(
            category, "Zweck: Messen & Regeln <ja>\n\n- Ordner: https://cloud.example/@pg\n- @admin fragen"
        )
        site.apply(site.write(category, site.remote(category), "first_topic", text))
        (topic,) = server.chief.do("GET", f"/categories/{cid}/topics")["topics"]
        assert (topic["title"], topic["pinned"]) == ("Wozu es das gibt", 1)
        assert site.remote(category).fields["first_topic"] == text
        page = server.chief.ask("GET", f"/topic/{topic['tid']}").json()["posts"][0]["content"]
        if server.emulator is None:  # it makes no page of Markdown
            assert "readi:" not in page
            assert "/user/admin" not in page
        changed = self.text(category, "Neuer Zweck")
        site.apply(site.write(category, site.remote(category), "first_topic", changed))
        (after,) = server.chief.do("GET", f"/categories/{cid}/topics")["topics"]
        assert (after["tid"], after["mainPid"], after["pinned"]) == (topic["tid"], topic["mainPid"], 1)
        assert site.remote(category).fields["first_topic"] == changed

    def test_a_first_topic_that_people_changed_is_not_written_over_unseen(self, server: Server, site: Site) -> None:
        category, _, _ = self.body(site, "eigen")
        site.apply(site.write(category, site.remote(category), "first_topic", self.text(category, "Unser Text")))
        seen = site.remote(category)
        (topic,) = server.chief.do("GET", f"/categories/{site.ids[category]}/topics")["topics"]
        raw = server.chief.do("GET", f"/posts/{topic['mainPid']}")["content"]
        server.chief.do("PUT", f"/posts/{topic['mainPid']}", {"content": f"Ihr Text\n\n{raw}"})
        (step,) = site.compile(site.write(category, seen, "first_topic", self.text(category, "Anders")))
        assert isinstance(site.connector.verify(step, site.resolve), Moved)
        assert str(site.remote(category).fields["first_topic"]).splitlines()[2] == "Ihr Text"

    def test_other_topics_of_ours_are_not_taken_for_the_first(self, server: Server, site: Site) -> None:
        category, _, _ = self.body(site, "viele")
        cid = int(site.ids[category])
        for number in range(3):
            body = {"cid": cid, "title": f"Anderes {number}", "content": f"Etwas anderes, Nummer {number}"}
            server.chief.do("POST", "/topics", body)
        text = self.text(category, "Unser Text")
        site.apply(site.write(category, site.remote(category), "first_topic", text))
        for number in range(3, 5):
            body = {"cid": cid, "title": f"Anderes {number}", "content": f"Etwas anderes, Nummer {number}"}
            server.chief.do("POST", "/topics", body)
        assert site.remote(category).fields["first_topic"] == text

    # --- cut short, and found again ----------------------------------------------------------------------------

    def test_a_category_that_is_not_finished_is_found_by_its_mark_and_finished(
        self, server: Server, site: Site
    ) -> None:
        members = ResourceId(Kind.GROUP, key_of(site, "halb"))
        category = ResourceId(Kind.FORUM_CATEGORY, key_of(site, "halb"))
        name = f"{site.prefix} halb"
        site.apply(site.create(members, f"PG {name}", {}))
        fields = {"parent": "", "open": False, "description": "Zweck"}
        making = site.create(category, name, fields)  # type: ignore[arg-type]
        first, *_ = site.compile(making, site.join(category, name, members, role=WRITER))
        site.perform(first)
        other = site.another()
        found = other.connector.look_up(category, name)
        assert getattr(found, "remote", None) is not None, found
        remote = other.remote(category)
        assert remote.fields["open"] is None
        assert site.prefix not in remote.name
        assert not server.outsider.reads(int(other.ids[category]))
        other.apply(
            other.update(category, remote, {"name": name, "open": False, "description": "Zweck"}),
            other.join(category, name, members, role=WRITER),
        )
        remote = other.remote(category)
        assert (remote.name, remote.fields["open"], remote.marker) == (name, False, f"readi:{category.key}")
        assert other.seated(category, WRITER, Kind.GROUP) == {members.key}
        assert not server.outsider.reads(int(other.ids[category]))

    # --- people ------------------------------------------------------------------------------------------------

    def test_nobody_gets_a_suffix_or_somebody_elses_address_or_login(self, server: Server, site: Site) -> None:
        self.person(site, "anna")
        before = len(server.chief.users())
        fields = site.fields(ACCOUNT.fields, "anna")
        other = ResourceId(Kind.ACCOUNT, "person:other")
        for name, more, code in (
            (f"{site.prefix}anna", {"email": f"x@{site.prefix}.example", "login_id": "x"}, "nodebb.name_taken"),
            (f"{site.prefix}ANNA", {"email": f"x@{site.prefix}.example", "login_id": "x"}, "nodebb.name_taken"),
            (f"{site.prefix}x", {"login_id": "x"}, "nodebb.email_taken"),
            (f"{site.prefix}x", {"email": f"x@{site.prefix}.example"}, "nodebb.login_taken"),
        ):
            with pytest.raises(Permanent) as refused:
                site.apply(site.create(other, name, {**fields, **more}))  # type: ignore[dict-item]
            assert refused.value.text.code == code
        assert len(server.chief.users()) == before

    def test_a_name_that_a_group_has_is_refused_to_an_account_and_the_other_way_round(
        self, server: Server, site: Site
    ) -> None:
        group = ResourceId(Kind.GROUP, key_of(site, "geteilt"))
        site.apply(site.create(group, f"{site.prefix} geteilt", {}))
        with pytest.raises(Permanent, match="name_taken"):
            site.apply(
                site.create(identify(Kind.ACCOUNT, "x"), f"{site.prefix} Geteilt", site.fields(ACCOUNT.fields, "x"))
            )
        self.person(site, "wer")
        with pytest.raises(Permanent, match="name_taken"):
            site.apply(site.create(ResourceId(Kind.GROUP, key_of(site, "wer")), f"{site.prefix}wer", {}))
        # A category's name stands in nobody's way: what its handle is made of is our mark.
        self.body(site, "Frei")
        site.apply(site.create(ResourceId(Kind.GROUP, key_of(site, "frei2")), f"{site.prefix} Frei", {}))

    def test_an_erased_account_leaves_its_posts(self, server: Server, site: Site) -> None:
        person = self.person(site, "geht")
        site.apply(site.erase(person, site.remote(person)))
        assert all(user["username"] != f"{site.prefix}geht" for user in server.chief.users())

    # --- lists -------------------------------------------------------------------------------------------------

    def test_a_group_of_many_is_read_whole_and_we_are_not_in_it(self, server: Server, site: Site) -> None:
        group = ResourceId(Kind.GROUP, key_of(site, "viele"))
        site.apply(site.create(group, f"PG {site.prefix} viele", {}))
        people = [self.person(site, f"p{number}") for number in range(43)]
        site.apply(site.join(group, "viele", *people))
        roster = site.roster(group)
        assert isinstance(roster.completeness, Complete)
        assert roster.accounts == {site.ids[person] for person in people}

    def test_a_token_that_is_no_longer_good_is_never_taken_for_an_empty_forum(self, server: Server, site: Site) -> None:
        self.body(site, "da")
        settings = server.settings.model_copy(update={"token": type(server.settings.secret())("wrong-token")})
        with site_of(settings) as other:
            with pytest.raises(LoginRefused):
                other.observe()
            with pytest.raises(LoginRefused):
                other.connector.look_up(ResourceId(Kind.FORUM_CATEGORY, "body:x"), "x")
        with site_of(settings) as other, pytest.raises(LoginRefused):
            other.connector.look_up(ResourceId(Kind.FORUM_CATEGORY, "body:x"), "x")
