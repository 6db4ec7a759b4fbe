"""What the connector relies on in Team folders. Runs on the emulator always, on a real server when told its address.

What it makes has a random prefix and is deleted again. The settings name a working group that holds our account.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.nextcloud.settings import NextcloudSettings
from provisioner.model.errors import Permanent, TargetError, WriteRefused
from provisioner.model.inventory import Absent, Complete, Level, Present
from provisioner.model.ports import Interest, Sought
from provisioner.model.resources import EdgeRole, Kind
from provisioner.model.steps import Moved, Step, Verified
from tests.contract.nextcloud import Site
from tests.support.nextcloud import TOKEN, group
from tests.support.nextcloud_folders import (
    ONLY_FOLDERS,
    FolderBench,
    change_folder,
    create_folder,
    erase,
    folder,
    lay_out,
    let_in,
    note,
    regrade,
    take_out,
)

READER, WRITER, SHARER, MANAGER, OTHER = (
    EdgeRole.READER,
    EdgeRole.WRITER,
    EdgeRole.SHARER,
    EdgeRole.MANAGER,
    EdgeRole.OTHER,
)


class FolderSite(FolderBench, Site):
    """A site that names its folders after itself, too."""

    def mount_point(self, name: str) -> str:
        return f"{self.prefix} Projekte/{name}"

    def new_folder(self, key: str, **fields: object) -> str:
        """Its mount point."""
        name = self.mount_point(key)
        self.apply(create_folder(key, name, **fields))  # type: ignore[arg-type]
        return name

    def id_of(self, key: str) -> str:
        return self.ids[folder(key)]

    def names(self) -> set[str]:
        """Mount points of ours on the server."""
        return {one.remote.name for one in self.requests.all().values() if self.prefix in one.remote.name}

    def clean(self) -> None:
        with self.gate.opened(TOKEN):
            for found in self.requests.all().values():
                if self.prefix in found.remote.name:
                    self.requests.delete(found.id)
            for top in (f"{self.prefix} Projekte", f"{self.prefix} Archiv"):
                self.connector._client.dav("DELETE", self.files._path([top]))
        super().clean()


class FoldersContract:
    """Subclasses give the settings of a server; see `tests/contract/test_nextcloud_folders.py`."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls, server: NextcloudSettings) -> Iterator[FolderSite]:
        site = FolderSite(server)
        try:
            site.observe()
            for name in ("mitglieder", "moderation", "gäste & Co/1+1"):
                site.new_group(name)
            yield site
        finally:
            site.clean()

    def test_a_folder_is_made_whole_and_read_back(self, site: FolderSite) -> None:
        name = site.mount_point("Sensorik & Meßtechnik+50%")
        steps = site.apply(
            create_folder(
                "whole",
                name,
                quota=5 * 1024**3,
                advanced_permissions=True,
                layout="Protokolle/2026\nÜber uns",
            ),
            let_in("whole", WRITER, "mitglieder"),
            let_in("whole", MANAGER, "moderation"),
            let_in("whole", READER, "gäste & Co/1+1"),
        )
        assert site.fields_of("whole") == {"name": name, "quota": 5 * 1024**3, "advanced_permissions": True}
        assert site.groups_in("whole") == {
            WRITER: {site.ids[group("mitglieder")]},
            MANAGER: {site.ids[group("moderation")]},
            READER: {site.ids[group("gäste & Co/1+1")]},
        }
        for path in ("Protokolle", "Protokolle/2026", "Über uns"):
            assert site.has_folder(f"{name}/{path}")
        made = {field: value for step in steps for field, value in step.effects.fields.items()}
        assert made.items() >= site.fields_of("whole").items()

    def test_the_list_is_complete_and_tells_the_groups_of_each(self, site: FolderSite) -> None:
        site.new_folder("listed")
        inventory = site.observe(ONLY_FOLDERS)
        completeness = inventory.of(Kind.TEAM_FOLDER).completeness
        assert isinstance(completeness, Complete)
        assert completeness.level is Level.FIELDS
        assert isinstance(inventory.rosters[Kind.TEAM_FOLDER, site.id_of("listed")].completeness, Complete)

    def test_the_working_group_is_in_every_folder_and_in_no_roster(self, site: FolderSite) -> None:
        site.new_folder("working")
        assert site.raw("working").rights
        assert site.groups_in("working") == {}

    @pytest.mark.parametrize(
        "name", ["", "/", "//", ".", " ", "..", "a/../b", "a..b", "/a", "a/", "a//b", " a", "a\\b"]
    )
    def test_no_folder_is_made_at_the_root_or_under_another_name_than_asked_for(
        self, site: FolderSite, name: str
    ) -> None:
        before = set(site.requests.all())
        assert site.connector.capabilities().objection(Kind.TEAM_FOLDER, name) is not None
        step = site.compile(create_folder("root", "x"))[0]
        with site.gate.opened(TOKEN), pytest.raises(Permanent):
            site.connector.perform(replace(step, payload={"mountpoint": name}), None, site.ids.__getitem__)
        assert set(site.requests.all()) == before

    def test_a_folder_is_made_once(self, site: FolderSite) -> None:
        name = site.new_folder("once")
        with pytest.raises(Permanent, match="name_taken"):
            site.apply(create_folder("twice", name))
        assert len([one for one in site.requests.all().values() if one.name == name]) == 1

    def test_a_folder_is_found_under_exactly_its_name(self, site: FolderSite) -> None:
        name = site.new_folder("exact")
        found = site.connector.look_up(folder("any"), name)
        assert isinstance(found, Present)
        assert found.remote.remote_id == site.id_of("exact")
        for other in (name.upper(), name[:-1], f"{name}/x"):
            assert site.connector.look_up(folder("any"), other) == Absent()

    def test_letters_that_are_composed_in_another_way_are_the_same_name(self, site: FolderSite) -> None:
        name = site.mount_point("U\u0308ber")
        site.apply(create_folder("composed", name))
        composed = site.connector.capabilities().canonical_name(Kind.TEAM_FOLDER, name)
        assert site.fields_of("composed")["name"] == composed != name

    @pytest.mark.parametrize("quota", [0, 5, 1_500_000_000, 5_368_709_120_000, -3, None])
    def test_a_quota_comes_back_in_the_form_that_was_foreseen(self, site: FolderSite, quota: int | None) -> None:
        site.new_folder(f"quota{quota}", quota=quota)
        expected = site.connector.capabilities().canonical(Kind.TEAM_FOLDER, "quota", quota)
        assert site.fields_of(f"quota{quota}")["quota"] == expected

    def test_a_quota_in_words_never_becomes_a_few_bytes(self, site: FolderSite) -> None:
        site.new_folder("words", quota="5 GB")
        assert site.fields_of("words")["quota"] == 5 * 1024**3
        with pytest.raises(Permanent, match="no_quota"):
            site.apply(change_folder("words", site.raw("words").remote, quota="5 XB"))
        assert site.fields_of("words")["quota"] == 5 * 1024**3

    def test_fields_are_changed_in_place(self, site: FolderSite) -> None:
        site.new_folder("change")
        moved = f"{site.prefix} Archiv/change"
        site.apply(
            change_folder("change", site.raw("change").remote, name=moved, quota=1024**3, advanced_permissions=True)
        )
        assert site.fields_of("change") == {"name": moved, "quota": 1024**3, "advanced_permissions": True}

    def test_a_folder_is_not_moved_onto_another(self, site: FolderSite) -> None:
        taken, name = site.new_folder("taken"), site.new_folder("mover")
        with pytest.raises(Permanent, match="name_taken"):
            site.apply(change_folder("mover", site.raw("mover").remote, name=taken))
        assert site.fields_of("mover")["name"] == name

    def test_every_role_becomes_every_other(self, site: FolderSite) -> None:
        site.new_folder("roles", advanced_permissions=True)
        now = READER
        site.apply(let_in("roles", now, "mitglieder"))
        for role in (WRITER, MANAGER, READER, SHARER, MANAGER, WRITER, SHARER, READER, MANAGER, SHARER, WRITER, READER):
            site.apply(regrade("roles", site.id_of("roles"), now, role, "mitglieder"))
            assert site.groups_in("roles") == {role: {site.ids[group("mitglieder")]}}
            now = role

    def test_any_other_number_is_no_role_of_ours_and_is_put_right(self, site: FolderSite) -> None:
        site.new_folder("odd", advanced_permissions=True)
        site.apply(let_in("odd", MANAGER, "mitglieder"))
        identifier, name = site.id_of("odd"), site.ids[group("mitglieder")]
        with site.gate.opened(TOKEN):
            path = f"/index.php/apps/groupfolders/folders/{identifier}/groups/{name.replace(' ', '%20')}"
            site.connector._client.write("POST", path, {"permissions": 99})
        assert site.groups_in("odd") == {OTHER: {name}}
        site.apply(regrade("odd", identifier, OTHER, WRITER, "mitglieder"))
        assert site.groups_in("odd") == {WRITER: {name}}

    @pytest.mark.parametrize("bits", [99, 0, -1, 16])
    def test_no_mask_is_sent_that_is_none_of_ours(self, site: FolderSite, bits: int) -> None:
        site.new_folder(f"mask{bits}")
        step = _step(site, "set-folder-rights", f"mask{bits}")
        with site.gate.opened(TOKEN), pytest.raises(Permanent, match="no_rights"):
            site.connector.perform(
                replace(step, payload={**step.payload, "bits": bits}), Verified(None), site.ids.__getitem__
            )
        assert site.groups_in(f"mask{bits}") == {READER: {site.ids[group("mitglieder")]}}

    def test_a_group_leaves_with_all_that_it_may(self, site: FolderSite) -> None:
        site.new_folder("leave", advanced_permissions=True)
        site.apply(let_in("leave", MANAGER, "moderation"), let_in("leave", READER, "mitglieder"))
        site.apply(take_out("leave", site.id_of("leave"), MANAGER, "moderation"))
        assert site.groups_in("leave") == {READER: {site.ids[group("mitglieder")]}}
        site.apply(let_in("leave", SHARER, "moderation"))
        assert site.groups_in("leave")[SHARER] == {site.ids[group("moderation")]}

    def test_to_let_in_twice_is_the_same_as_once(self, site: FolderSite) -> None:
        site.new_folder("twice in")
        (step,) = site.compile(let_in("twice in", READER, "mitglieder"))
        site.perform(step)
        site.perform(step)
        assert site.groups_in("twice in") == {READER: {site.ids[group("mitglieder")]}}

    def test_a_group_that_was_deleted_meanwhile_is_not_let_in(self, site: FolderSite) -> None:
        site.new_folder("ghost")
        site.ids[group("ghost")] = f"{site.prefix} ghost"
        with pytest.raises(Permanent, match="gone"):
            site.apply(let_in("ghost", WRITER, "ghost"))
        assert site.groups_in("ghost") == {}

    def test_nobody_manages_without_advanced_permissions(self, site: FolderSite) -> None:
        site.new_folder("unmanaged")
        with pytest.raises(Permanent, match="manager_without_permissions"):
            site.apply(let_in("unmanaged", MANAGER, "moderation"))
        assert site.groups_in("unmanaged") == {SHARER: {site.ids[group("moderation")]}}

    def test_what_people_changed_meanwhile_stays(self, site: FolderSite) -> None:
        site.new_folder("moved")
        site.apply(let_in("moved", READER, "mitglieder"))
        before, identifier = site.raw("moved").remote, site.id_of("moved")
        (renaming,) = site.compile(change_folder("moved", before, name=site.mount_point("anders")))
        (raising,) = site.compile(regrade("moved", identifier, READER, WRITER, "mitglieder"))
        (leaving,) = site.compile(take_out("moved", identifier, READER, "mitglieder"))
        with site.gate.opened(TOKEN):
            site.requests.rename(identifier, site.mount_point("von Hand"))
            site.requests.set_rights(identifier, site.ids[group("mitglieder")], 31)
        for step in (renaming, raising, leaving):
            assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)

    def test_a_layout_leaves_what_is_there(self, site: FolderSite) -> None:
        name = site.new_folder("layout", layout="A\nB/C")
        site.put(f"{name}/B/eigenes.md", "eigenes\n")
        site.remove(f"{name}/A")
        site.apply(lay_out("layout", site.id_of("layout"), "B/C\nB/D"))
        assert site.text_at(f"{name}/B/eigenes.md") == "eigenes\n"
        assert site.has_folder(f"{name}/B/D")
        assert not site.has_folder(f"{name}/A")

    def test_a_layout_follows_a_folder_that_was_moved(self, site: FolderSite) -> None:
        site.new_folder("wander")
        moved = f"{site.prefix} Archiv/wander/tief"
        site.apply(change_folder("wander", site.raw("wander").remote, name=moved))
        site.apply(lay_out("wander", site.id_of("wander"), "A"))
        assert site.has_folder(f"{moved}/A")

    def test_a_note_is_written_and_follows_its_links(self, site: FolderSite) -> None:
        name = site.new_folder("note")
        site.apply(note("note", "# Willkommen\nChat: …"))
        assert site.text_at(f"{name}/Willkommen.md") == "# Willkommen\nChat: …\n"
        done = site.perform(site.compile(note("note", "# Willkommen\nChat: neu", before="# Willkommen\nChat: …"))[0])
        assert done.note is None
        assert site.text_at(f"{name}/Willkommen.md") == "# Willkommen\nChat: neu\n"

    def test_a_note_that_was_written_and_forgotten_is_known_again(self, site: FolderSite) -> None:
        name = site.new_folder("known")
        (step,) = site.compile(note("known", "# Hallo"))
        assert [site.perform(step).note, site.perform(step).note] == [None, None]
        assert site.text_at(f"{name}/Willkommen.md") == "# Hallo\n"

    @pytest.mark.parametrize("before", [None, "# Alt"])
    def test_somebody_elses_text_stays(self, site: FolderSite, before: str | None) -> None:
        name = site.new_folder(f"theirs{before}")
        if before is not None:
            site.apply(note(f"theirs{before}", before))
        site.put(f"{name}/Willkommen.md", "# Unser eigener Text\n")
        done = site.perform(site.compile(note(f"theirs{before}", "# Neu", before=before))[0])
        assert done.note is not None
        assert done.note.code == "nextcloud.note_left_alone"
        assert site.text_at(f"{name}/Willkommen.md") == "# Unser eigener Text\n"

    def test_a_note_that_somebody_took_away_stays_away(self, site: FolderSite) -> None:
        name = site.new_folder("away")
        site.apply(note("away", "# Alt"))
        site.remove(f"{name}/Willkommen.md")
        done = site.perform(site.compile(note("away", "# Neu", before="# Alt"))[0])
        assert done.note is not None
        assert site.text_at(f"{name}/Willkommen.md") is None

    def test_a_folder_of_the_notes_name_stays(self, site: FolderSite) -> None:
        name = site.new_folder("dir", layout="Willkommen.md")
        done = site.perform(site.compile(note("dir", "# Hallo"))[0])
        assert done.note is not None
        assert site.has_folder(f"{name}/Willkommen.md")

    def test_a_text_beyond_the_quota_is_refused_and_nothing_else(self, site: FolderSite) -> None:
        site.new_folder("full", quota=10)
        with pytest.raises(Permanent, match="folder_full"):
            site.apply(note("full", "# Mehr als zehn Zeichen"))

    def test_a_place_that_is_no_team_folder_is_never_written_to(self, site: FolderSite) -> None:
        """Somebody's own folder of this name, where the team folder is not to be seen."""
        site.new_folder("hidden")
        dav, top = site.files, f"{site.prefix} Eigenes"
        with site.gate.opened(TOKEN):
            dav.make_folder([top])
            try:
                assert dav.team_folder_at([top]) is None
                elsewhere = replace(site.raw("hidden"), name=top)
                with pytest.raises(TargetError, match="folder_not_seen"):
                    site.layouts.lay_out(elsewhere, "A")
                assert not site.has_folder(f"{top}/A")
            finally:
                site.connector._client.dav("DELETE", dav._path([top]))

    def test_a_folder_is_erased_by_its_id_and_name_alone(self, site: FolderSite) -> None:
        name, other = site.new_folder("erase"), site.new_folder("stays")
        identifier = site.id_of("erase")
        (wrong,) = site.compile(erase("erase", identifier, other))
        assert isinstance(site.connector.verify(wrong, site.ids.__getitem__), Moved)
        (step,) = site.compile(erase("erase", identifier, name))
        site.perform(step)
        assert site.names() & {name, other} == {other}
        site.perform(step)  # its answer may have been lost
        assert other in site.names()

    def test_what_was_deleted_has_moved(self, site: FolderSite) -> None:
        site.new_folder("gone")
        site.apply(let_in("gone", READER, "mitglieder"))
        steps = site.compile(
            change_folder("gone", site.raw("gone").remote, quota=5),
            regrade("gone", site.id_of("gone"), READER, WRITER, "mitglieder"),
            lay_out("gone", site.id_of("gone"), "A"),
        )
        with site.gate.opened(TOKEN):
            site.requests.delete(site.id_of("gone"))
        for step in steps:
            assert isinstance(site.connector.verify(step, site.ids.__getitem__), Moved)

    def test_a_group_that_is_deleted_is_off_its_folders(self, site: FolderSite) -> None:
        site.new_group("kurz")
        site.new_folder("short")
        site.apply(let_in("short", READER, "kurz"))
        with site.gate.opened(TOKEN):
            path = f"/ocs/v2.php/cloud/groups/{site.ids[group('kurz')].replace(' ', '%20')}"
            site.connector._client.write("DELETE", path)
        assert site.groups_in("short") == {}

    def test_only_what_is_sought_is_told(self, site: FolderSite) -> None:
        site.new_folder("sought"), site.new_folder("other")
        only = (Sought(folder("sought"), "x", site.id_of("sought")), Sought(folder("new"), site.mount_point("new")))
        found = site.connector.observe(ONLY_FOLDERS, Interest(only=only)).of(Kind.TEAM_FOLDER)
        assert set(found.objects) == {site.id_of("sought")}
        assert found.completeness.scope.only == {folder("sought").key, folder("new").key}

    def test_nothing_is_written_while_the_gate_is_closed(self, site: FolderSite) -> None:
        name = site.new_folder("closed")
        steps = [
            site.compile(create_folder("shut", site.mount_point("shut")))[0],
            *site.compile(lay_out("closed", site.id_of("closed"), "A"), note("closed", "# Hallo")),
        ]
        for step in steps:
            with pytest.raises(WriteRefused):
                site.connector.perform(step, Verified(None), site.ids.__getitem__)
        assert site.mount_point("shut") not in site.names()
        assert not site.has_folder(f"{name}/A")
        assert site.text_at(f"{name}/Willkommen.md") is None


def _step(site: FolderSite, operation: str, key: str) -> Step:
    site.apply(let_in(key, READER, "mitglieder"))
    steps = site.compile(regrade(key, site.id_of(key), READER, WRITER, "mitglieder"))
    return next(step for step in steps if step.operation == operation)
