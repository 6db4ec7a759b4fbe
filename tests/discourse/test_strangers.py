"""Never public for a moment: somebody without an account, and a member of something else, read after every write."""

from pathlib import Path

from connectors.discourse.emulation.state import READ_ONLY
from tests.support.discourse import (
    MANAGER,
    READER,
    WRITER,
    Forum,
    Stranger,
    category,
    forum_setup,
    group,
)
from tests.support.site import LONG_AGO


def test_nobody_else_ever_reads_anything_of_a_body_while_it_is_made_renamed_and_archived(site: Forum) -> None:
    site.world.add_user("eva.fremd", "eva@anderswo.example")
    watch = Stranger(site.emulator, "eva.fremd")
    lora, parent, archive = category("lora"), category("bodies:project"), category("bodies:archive")
    site.person("anna")
    site.circle("lora", "anna")
    site.place("bodies:project", name="Projektgruppen", reader=["lora"])
    site.place("lora", parent="bodies:project", writer=["lora"])
    text = "Willkommen\n\nNur für uns.\n\nreadi:body:lora"
    site.apply(site.write(lora, site.remote(lora), "first_topic", text))
    site.apply(site.update(lora, site.remote(lora), {"name": "PG Funk"}))
    site.apply(site.regrade(lora, "PG Funk", group("lora"), before=WRITER, role=MANAGER))
    site.apply(
        site.create(archive, "Archiv", {"parent": "", "open": False}),
        site.join(archive, "Archiv", group("lora"), role=READER),
        site.update(lora, site.remote(lora), {"parent": "bodies:archive"}),
        site.regrade(lora, "PG Funk", group("lora"), before=MANAGER, role=READER),
        site.leave(parent, "Projektgruppen", group("lora"), role=READER),
    )
    site.apply(site.leave(lora, "PG Funk", group("lora"), role=READER))
    assert (watch.seen, watch.looks) == (set(), len(site.emulator.log.writes))
    assert watch.looks > 12


def test_the_watch_would_have_seen_it(site: Forum) -> None:
    """What is open to strangers for one write alone is noticed."""
    watch = Stranger(site.emulator)
    site.circle("lora")
    site.place("lora", writer=["lora"])
    made = site.world.categories[int(site.ids[category("lora")])]
    made.read_restricted, made.permissions[0] = False, READ_ONLY
    site.apply(site.update(category("lora"), site.remote(category("lora")), {"name": "PG Funk", "open": False}))
    assert watch.seen == set()  # closed by the very write that renamed it
    made.read_restricted, made.permissions[0] = False, READ_ONLY
    site.apply(site.update(category("lora"), site.remote(category("lora")), {"name": "PG Laut"}))
    assert "PG Laut" in watch.seen


def test_who_logs_in_reads_what_is_open_and_a_stranger_does_not(site: Forum) -> None:
    site.world.add_user("eva.fremd", "eva@anderswo.example")
    without, within = Stranger(site.emulator), Stranger(site.emulator, "eva.fremd")
    site.circle("lora")
    site.place("lora", open_=True, writer=["lora"])
    assert "PG lora" in within.seen
    site.emulator.log.hook = without._after
    site.apply(site.update(category("lora"), site.remote(category("lora")), {"name": "PG Funk"}))
    assert (without.seen, without.looks) == (set(), 1)


def test_whole_runs_show_nobody_anything_from_the_first_sync_to_the_archive(tmp_path: Path) -> None:
    with forum_setup(tmp_path) as setup:
        setup.forum.world.add_user("eva.fremd", "eva@anderswo.example")
        watch = Stranger(setup.forum, "eva.fremd")
        setup.run("apply", "--yes")
        setup.apply()
        ids = {one.id: one.name for one in setup.forum.world.categories.values()}
        setup.wish.bodies["pg-lora"]["name"] = "Funk"
        setup.apply()
        renamed = {one.id: one.name for one in setup.forum.world.categories.values()}
        assert renamed == {one: name.replace("LoRaWAN", "Funk") for one, name in ids.items()}
        setup.wish.bodies["pg-lora"]["archived"] = LONG_AGO
        setup.apply()
        (moved,) = [one for one in setup.forum.world.categories.values() if one.name == "PG Funk"]
        assert moved.parent is not None
        assert (setup.forum.world.categories[moved.parent].name, set(moved.permissions.values())) == ("Archiv", {3})
        assert all(one.read_restricted for one in setup.forum.world.categories.values())
        assert (watch.seen, watch.looks) == (set(), len(setup.forum.log.writes))
        assert setup.forum.mails == []
        assert setup.plan()["targets"][0]["changes"] == []
