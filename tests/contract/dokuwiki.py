"""What the connector relies on in a DokuWiki, and what it promises: on the emulator and on a real one, always."""

from collections.abc import Iterator

import pytest

from connectors.dokuwiki.names import slug
from provisioner.model.errors import Permanent, Transient, WriteRefused
from provisioner.model.inventory import Absent, Complete, Epoch, Present
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import PUBLIC, EdgeRole, Kind
from provisioner.model.steps import Moved
from provisioner.transport.gate import WriteToken
from tests.support.dokuwiki import INDEX, Wiki, WikiBench, group, space

READER, WRITER, MANAGER = EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER
PAGE = "PG Größe & Co\n\nWorum es geht.\n\n- Dateien: https://cloud.example/f/1"
NAME, NAMESPACE, START = "PG Größe & Co", "pg_groesse_co", "pg_groesse_co:start"


class DokuwikiContract:
    """``wiki``: an empty one, whose root everybody reads."""

    @pytest.fixture
    def bench(self, wiki: Wiki) -> Iterator[WikiBench]:
        wiki.wipe()
        bench = WikiBench(wiki)
        yield bench
        bench.close()

    @pytest.fixture
    def made(self, bench: WikiBench) -> WikiBench:
        """A space of the group PG_Größe, in which Anna is."""
        bench.wiki.seat("anna", "PG_Größe")
        bench.apply(
            bench.create(group("co"), "PG_Größe", {}),
            bench.create(space("co"), NAME, {"open": False}),
            bench.join(space("co"), NAME, group("co"), role=WRITER),
        )
        bench.begin(space("co"), PAGE)
        return bench

    def test_a_space_is_a_namespace_with_rights_and_a_first_page(self, made: WikiBench) -> None:
        assert made.ids[space("co")] == NAMESPACE
        assert made.do("core.getPage", page=START) == (
            "====== PG Größe & Co ======\n\nWorum es geht.\n\n  * [[https://cloud.example/f/1|Dateien]]"
        )
        assert made.do("plugin.acl.listAcls")[f"{NAMESPACE}:*"] == {"@ALL": "0", "@user": "0", "@PG_Größe": "8"}
        remote = made.remote(space("co"))
        assert remote.fields == {"name": NAME, "open": False}
        assert remote.marker == "readi:body:co"
        assert made.seated(space("co"), WRITER, Kind.GROUP) == {"body:co"}

    def test_no_stranger_and_no_other_reads_it_at_any_moment(self, bench: WikiBench) -> None:
        watched: list[str] = []

        def look() -> None:
            for page in bench.pages():
                if page.startswith((NAMESPACE, "readi")):
                    watched.append(page)
                    assert not bench.reads(page, None), page
                    assert not bench.reads(page, "berta"), page

        bench.after_writes = look
        bench.wiki.seat("anna", "PG_Größe")
        bench.apply(
            bench.create(group("co"), "PG_Größe", {}),
            bench.create(space("co"), NAME, {"open": False}),
            bench.join(space("co"), NAME, group("co"), role=WRITER),
        )
        bench.begin(space("co"), PAGE)
        assert bench.reads(START, "anna")
        bench.observe()
        bench.apply(bench.update(group("co"), bench.remote(group("co")), {"name": "PG Neu"}))
        bench.apply(bench.regrade(space("co"), NAME, group("co"), before=WRITER, role=READER))
        bench.apply(bench.leave(space("co"), NAME, group("co"), role=READER))
        assert {START, "readi:spaces"} <= set(watched)
        assert not bench.reads(START, "anna")

    def test_an_open_space_is_read_by_whoever_logs_in_and_by_no_stranger(self, bench: WikiBench) -> None:
        def look() -> None:
            assert not any(bench.reads(page, None) for page in bench.pages() if page.startswith("offen"))

        bench.after_writes = look
        bench.apply(bench.create(space("o"), "Offen", {"open": True}))
        bench.begin(space("o"), "Offen")
        assert bench.reads("offen:start", "berta")
        assert not bench.rpc("core.savePage", "berta", page="offen:start", text="x").ok
        assert bench.remote(space("o")).fields["open"] is True
        bench.apply(bench.update(space("o"), bench.remote(space("o")), {"open": False}))
        assert not bench.reads("offen:start", "berta")

    def test_what_each_role_may_do_is_what_the_wiki_lets_it(self, made: WikiBench) -> None:
        assert made.rpc("core.savePage", "anna", page=f"{NAMESPACE}:neu", text="von Anna").ok
        made.apply(made.regrade(space("co"), NAME, group("co"), before=WRITER, role=READER))
        assert made.reads(START, "anna")
        assert not made.rpc("core.savePage", "anna", page=START, text="zu spät").ok
        made.apply(made.regrade(space("co"), NAME, group("co"), before=READER, role=MANAGER))
        assert made.seated(space("co"), MANAGER, Kind.GROUP) == {"body:co"}
        assert made.rpc("core.savePage", "anna", page=START, text="doch").ok

    def test_a_page_that_is_there_is_never_overwritten(self, bench: WikiBench) -> None:
        bench.do("core.savePage", page=START, text="Von Hand geschrieben.")
        found = bench.connector.observe({Kind.WIKI_SPACE}, Interest(names=frozenset({(Kind.WIKI_SPACE, NAME)})))
        remote = found.of(Kind.WIKI_SPACE).objects[NAMESPACE]
        assert remote.fields["open"] == PUBLIC
        assert bench.connector.capabilities().canonical_name(Kind.WIKI_SPACE, NAME) == slug(remote.name)
        with pytest.raises(Permanent):
            bench.apply(bench.create(space("co"), NAME, {"open": False}))
        assert bench.do("core.getPage", page=START) == "Von Hand geschrieben."
        bench.apply(bench.adopt(space("co"), remote), bench.update(space("co"), remote, {"open": False}))
        bench.begin(space("co"), PAGE)
        assert bench.do("core.getPage", page=START) == "Von Hand geschrieben."
        assert not bench.reads(START, None)

    def test_a_renamed_body_keeps_its_addresses_and_a_namesake_gets_its_own(self, made: WikiBench) -> None:
        made.observe()
        made.apply(made.update(space("co"), made.remote(space("co")), {"name": "PG Anders"}))
        assert made.remote(space("co")).name == "PG Anders"
        assert made.do("core.getPage", page=START).startswith("====== PG Größe & Co ======")
        made.apply(made.create(space("zwei"), NAME, {"open": False}))
        assert made.ids[space("zwei")] == f"{NAMESPACE}_2"
        assert made.connector.capabilities().address(Kind.WIKI_SPACE, NAMESPACE, "PG Anders") == (
            f"{made.wiki.url}/doku.php?id={NAMESPACE}:start"
        )

    def test_a_renamed_group_keeps_all_its_rights(self, made: WikiBench) -> None:
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:intern:*", user="@pg_größe", level=2)
        made.observe()
        made.apply(made.update(group("co"), made.remote(group("co")), {"name": "PG_Größe (neu)"}))
        acls = made.do("plugin.acl.listAcls")
        assert acls[f"{NAMESPACE}:*"] == {"@ALL": "0", "@user": "0", "@PG_Größe (neu)": "8"}
        assert acls[f"{NAMESPACE}:intern:*"] == {"@PG_Größe (neu)": "2"}
        made.wiki.rename_group("PG_Größe", "PG_Größe (neu)")
        assert made.reads(START, "anna")
        assert made.seated(space("co"), WRITER, Kind.GROUP) == {"body:co"}

    def test_a_rename_by_case_alone_leaves_one_line(self, made: WikiBench) -> None:
        made.observe()
        made.apply(made.update(group("co"), made.remote(group("co")), {"name": "pg_größe"}))
        assert made.do("plugin.acl.listAcls")[f"{NAMESPACE}:*"] == {"@ALL": "0", "@user": "0", "@pg_größe": "8"}
        assert made.reads(START, "anna")

    def test_two_groups_never_become_one_by_a_rename(self, made: WikiBench) -> None:
        made.apply(made.create(group("zwei"), "PG_Zwei", {}))
        made.observe()
        with pytest.raises(Permanent):
            made.apply(made.update(group("zwei"), made.remote(group("zwei")), {"name": "PG_GRÖSSE".replace("SS", "ß")}))

    def test_several_spellings_of_a_group_are_one_and_leave_together(self, made: WikiBench) -> None:
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="@pg_größe", level=16)
        assert made.seated(space("co"), MANAGER, Kind.GROUP) == {"body:co"}
        made.apply(made.regrade(space("co"), NAME, group("co"), before=MANAGER, role=READER))
        assert made.seated(space("co"), READER, Kind.GROUP) == {"body:co"}
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="@PG_GRößE", level=1)
        made.apply(made.leave(space("co"), NAME, group("co"), role=READER))
        assert made.do("plugin.acl.listAcls")[f"{NAMESPACE}:*"] == {"@ALL": "0", "@user": "0"}
        assert not made.reads(START, "anna")

    def test_a_line_that_the_wiki_can_not_delete_is_said(self, made: WikiBench) -> None:
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="@PG_Größe", level=99)
        assert made.seated(space("co"), EdgeRole.OTHER, Kind.GROUP) == {"body:co"}
        with pytest.raises(Permanent) as caught:
            made.apply(made.leave(space("co"), NAME, group("co"), role=EdgeRole.OTHER))
        assert caught.value.text.code == "dokuwiki.not_deleted"

    def test_lines_of_others_are_seen_and_stay(self, made: WikiBench) -> None:
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="@Gäste", level=4)
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="berta", level=1)
        assert made.seated(space("co"), EdgeRole.OTHER, Kind.GROUP) == {"@Gäste"}
        made.apply(made.leave(space("co"), NAME, group("co"), role=WRITER))
        lines = {"@ALL": "0", "@Gäste": "4", "@user": "0", "berta": "1"}
        assert made.do("plugin.acl.listAcls")[f"{NAMESPACE}:*"] == lines

    def test_a_space_that_somebody_opened_to_strangers_is_told_and_closed(self, made: WikiBench) -> None:
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="@ALL", level=1)
        remote = made.remote(space("co"))
        assert remote.fields["open"] == PUBLIC
        made.apply(made.update(space("co"), remote, {"open": False}))
        assert not made.reads(START, None)
        assert made.remote(space("co")).fields["open"] is False

    def test_an_update_of_what_moved_since_is_not_made(self, made: WikiBench) -> None:
        remote = made.remote(space("co"))
        (step,) = made.compile(made.update(space("co"), remote, {"open": True}))
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="@user", level=1)
        assert isinstance(made.connector.verify(step, made.resolve), Moved)
        (step,) = made.compile(made.leave(space("co"), NAME, group("co"), role=WRITER))
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:*", user="@PG_Größe", level=16)
        assert isinstance(made.connector.verify(step, made.resolve), Moved)

    def test_the_index_is_written_over_only_where_it_is_ours(self, bench: WikiBench) -> None:
        text = "Alle Gremien\n\n- PG: https://wiki.example/pg\n\nreadi:bodies:index"
        bench.after_writes = lambda: self._assert_closed(bench, "alle_gremien")
        bench.apply(bench.create(INDEX, "Alle Gremien", {"open": True}))
        bench.apply(bench.write(INDEX, bench.remote(INDEX), "text", text))
        assert bench.do("core.getPage", page="alle_gremien") == (
            "====== Alle Gremien ======\n\n  * [[https://wiki.example/pg|PG]]\n\nreadi:bodies:index"
        )
        remote = bench.remote(INDEX)
        assert remote.fields == {"name": "Alle Gremien", "open": True, "text": text}
        assert remote.marker == "readi:bodies:index"
        assert bench.reads("alle_gremien", "berta")
        (step,) = bench.compile(bench.write(INDEX, remote, "text", f"{text}\nmehr"))
        bench.do("core.savePage", page="alle_gremien", text="Von Hand.")
        assert isinstance(bench.connector.verify(step, bench.resolve), Moved)

    def test_a_page_of_somebody_else_is_not_taken_for_the_index(self, bench: WikiBench) -> None:
        bench.do("core.savePage", page="alle_gremien", text="Von Hand.")
        with pytest.raises(Permanent):
            bench.apply(bench.create(INDEX, "Alle Gremien", {"open": True}))
        assert bench.connector.look_up(INDEX, "Alle Gremien") == Absent()

    def test_what_was_cut_short_is_found_again_and_ends_as_one(self, bench: WikiBench) -> None:
        creation, *_ = bench.compile(bench.create(space("co"), NAME, {"open": False}))
        assert bench.connector.look_up(space("co"), NAME) == Absent()
        bench.perform(creation)
        first = bench.ids.pop(space("co"))
        found = bench.connector.look_up(space("co"), NAME)
        assert isinstance(found, Present)
        assert found.remote.remote_id == first
        bench.perform(creation)
        assert bench.ids[space("co")] == first
        assert [scope for scope in bench.do("plugin.acl.listAcls") if "pg_" in scope] == [f"{NAMESPACE}:*"]

    def test_looking_twice_sees_the_same_and_a_closed_gate_lets_nothing_through(self, made: WikiBench) -> None:
        once, twice = made.observe(), made.observe()
        assert (once.observations, once.rosters) == (twice.observations, twice.rosters)
        assert all(isinstance(once.of(kind).completeness, Complete) for kind in made.kinds)
        (step,) = made.compile(made.update(space("co"), made.remote(space("co")), {"open": True}))
        verified = made.connector.verify(step, made.resolve)
        assert not isinstance(verified, Moved)
        with pytest.raises(WriteRefused):
            made.connector.perform(step, verified, made.resolve)

    def test_a_narrow_look_sees_what_is_asked_for(self, made: WikiBench) -> None:
        sought = (
            Sought(space("co"), NAME, NAMESPACE),
            Sought(space("x"), "Gibt es nicht"),
            Sought(group("co"), "PG_Größe", made.ids[group("co")]),
        )
        narrow = made.observe(interest=made.interest(only=sought))
        assert narrow.of(Kind.WIKI_SPACE).objects.keys() == {NAMESPACE}
        assert narrow.of(Kind.GROUP).objects.keys() == {made.ids[group("co")]}
        completeness = narrow.of(Kind.WIKI_SPACE).completeness
        assert isinstance(completeness, Complete)
        assert completeness.scope.only == {"body:co", "body:x"}
        roster = narrow.rosters[Kind.WIKI_SPACE, NAMESPACE]
        assert roster.of(WRITER, Kind.GROUP) == {made.ids[group("co")]}

    def test_a_page_that_somebody_edits_is_tried_again_later(self, bench: WikiBench) -> None:
        bench.apply(bench.create(INDEX, "Alle Gremien", {"open": True}))
        bench.apply(bench.write(INDEX, bench.remote(INDEX), "text", "Alt\nreadi:bodies:index"))
        remote = bench.remote(INDEX)
        bench.do("plugin.acl.addAcl", scope="alle_gremien", user="@user", level=2)
        assert bench.rpc("core.lockPages", "berta", pages=["alle_gremien"]).json()["result"] == ["alle_gremien"]
        with pytest.raises(Transient) as caught:
            bench.apply(bench.write(INDEX, remote, "text", "Neu\nreadi:bodies:index"))
        assert caught.value.text.code == "dokuwiki.page_locked"

    def test_rights_that_are_left_over_inside_a_namespace_open_nothing_of_ours(self, bench: WikiBench) -> None:
        """Of the page itself they count before those of the namespace, which closing does not change."""
        bench.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:alt:*", user="@ALL", level=1)
        with pytest.raises(Permanent) as caught:
            bench.apply(bench.create(space("co"), NAME, {"open": False}))
        assert caught.value.text.code == "dokuwiki.taken"
        assert not any(page.startswith(NAMESPACE) for page in bench.pages())

    @pytest.mark.parametrize("who", ["@ALL", "@user"])
    def test_a_first_page_that_more_would_read_than_its_space_is_not_made(self, bench: WikiBench, who: str) -> None:
        bench.apply(bench.create(space("co"), NAME, {"open": False}))
        bench.do("plugin.acl.addAcl", scope=START, user=who, level=1)
        with pytest.raises(Permanent) as caught:
            bench.begin(space("co"), PAGE)
        assert caught.value.text.code == "dokuwiki.page_open"
        assert START not in bench.pages()
        bench.do("plugin.acl.delAcl", scope=START, user=who)
        bench.begin(space("co"), PAGE)
        assert not bench.reads(START, "berta")

    def test_what_people_wrote_about_a_body_has_no_effect_in_the_wiki(self, bench: WikiBench) -> None:
        bench.apply(bench.create(space("co"), NAME, {"open": False}))
        bench.begin(space("co"), "Co\n\n{{rss>https://x.example}} ~~NOTOC~~ <php>1</php> {{https://x.example/y.png}}")
        page = bench.rpc("core.getPageHTML", page=START).json().get("result")
        if page:  # the emulator makes none
            assert "rss" in page
            assert "NOTOC" in page
            assert "<img" not in page
        raw = bench.do("core.getPage", page=START)
        assert not any(active in raw for active in ("{{", "~~", "<php", "</php"))

    def test_an_erased_space_stays_closed_with_all_that_the_wiki_keeps_of_it(self, made: WikiBench) -> None:
        made.do("core.savePage", page=f"{NAMESPACE}:tief:seite", text="mehr")
        made.apply(made.erase(space("co"), made.remote(space("co"))))
        assert [page for page in made.pages() if page.startswith(NAMESPACE)] == []
        assert made.do("plugin.acl.listAcls")[f"{NAMESPACE}:*"] == {"@ALL": "0", "@user": "0"}
        assert made.connector.look_up(space("co"), NAME) == Absent()

    def test_the_epoch_is_left_where_superusers_alone_read_it(self, bench: WikiBench) -> None:
        assert bench.observe().epoch is None
        epoch = Epoch("0123abcd", 7)
        with bench.gate.opened(WriteToken("server", lambda: True)):
            bench.connector.leave_epoch(epoch)
        assert bench.observe().epoch == epoch
        assert not bench.reads("readi:spaces", None)
        assert not bench.reads("readi:spaces", "berta")

    def test_names_become_what_the_wiki_makes_of_them(self, bench: WikiBench) -> None:
        asked = [title.replace(":", " ") for title in TITLES]
        assert bench.do("core.lockPages", pages=asked) == [slug(title) for title in asked]

    def test_our_names_are_left_as_they_are(self, bench: WikiBench) -> None:
        ours = [slug(title) for title in (*TITLES, "Ёлка и мир", "日本語", "a.b-c_d", "x" * 90, "9 Städte ½", "Ǆ ﬁ")]
        assert bench.do("core.lockPages", pages=ours) == ours

    def test_doctor_finds_nothing_to_mend_but_what_is_so(self, made: WikiBench) -> None:
        findings = list(made.connector.examine())
        codes = [finding.what.code for finding in findings if finding.what.code != "dokuwiki.clock_off"]
        assert codes == ["dokuwiki.version", "dokuwiki.all_rights", "dokuwiki.root_open", "dokuwiki.spaces"]

    def test_doctor_names_places_inside_a_space_that_strangers_read(self, made: WikiBench) -> None:
        made.do("plugin.acl.addAcl", scope=f"{NAMESPACE}:aushang:*", user="@ALL", level=1)
        (warning,) = [one for one in made.connector.examine() if one.what.code == "dokuwiki.space_open"]
        assert warning.what.arguments["named"] == f"{NAMESPACE}:aushang:*"

    @staticmethod
    def _assert_closed(bench: WikiBench, page: str) -> None:
        assert page not in bench.pages() or not bench.reads(page, None)


TITLES = (
    *("PG Größe & Co", "Fachgruppe Öffentlichkeitsarbeit", "ÄÖÜ äöü ß ẞ", "Team A/B", "  Rand  ", "Straße 1.2 -- x_y"),
    *("Ångström Ørsted Æsir", "Čeština ďalší řeka žluť", "łódź ćma ñandú", "É È Ê ç î ï û", "a__b...c--d"),
    *("(Klammer) [x] {y}", "„Zitat“ \N{EN DASH} Strich — lang", "100 % mehr!", "C++ und C#"),
    *("a'b`c\N{ACUTE ACCENT}d", "Ð ð Þ þ đ ħ"),
)
"""Letters and signs of Europe."""
