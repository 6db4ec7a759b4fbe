"""What doctor says of sources."""

import pytest

from provisioner.emulation import VirtualClock
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text
from tests.support.site import Installation
from tests.support.sources import Handmade, down, somebody, use

AD = "bretten-ad"


@pytest.fixture
def directory(small: Installation) -> Handmade:
    made = Handmade()
    made.put(*(somebody(f"k{number}") for number in range(3)))
    small.source_types = dict(made.types)
    use(small.wish, AD)
    return made


def findings(installation: Installation) -> list[tuple[str, str]]:
    """(severity, code) of the one source."""
    [found] = installation.run("doctor", "--json").json["sources"]
    return [(finding["severity"], finding["what"]["code"]) for finding in found["findings"]]


def test_a_source_says_itself_how_it_is_and_the_mirror_how_old_it_is(small: Installation, directory: Handmade) -> None:
    assert findings(small)[-1] == ("warning", "app.source_unread")
    small.run("sources", "read")
    directory.findings = [Finding(Severity.WARNING, Text.of("sources.twice"))]
    assert findings(small) == [("warning", "sources.twice"), ("ok", "app.source_believed")]
    assert directory.opened == directory.closed
    assert (small.run("doctor").code, f"source {AD}" in small.run("doctor").out) == (0, True)
    assert f"source {AD}" not in small.run("doctor", "--target", "cloud").out
    directory.findings = [Finding(Severity.ERROR, Text.of("sources.twice"))]
    assert small.run("doctor").code == 1


def test_what_is_held_is_said(small: Installation, directory: Handmade) -> None:
    small.run("sources", "read")
    directory.people.clear()
    small.run("sources", "read")
    assert ("warning", "sources.empty") in findings(small)


def test_a_password_file_that_others_can_read_is_found(small: Installation, directory: Handmade) -> None:
    secret = small.folder / "ad.password"
    secret.write_text("marker-secret")
    secret.chmod(0o644)
    use(small.wish, AD, password_file="ad.password")
    assert ("warning", "app.readable_secret") in findings(small)
    secret.chmod(0o600)
    assert ("warning", "app.readable_secret") not in findings(small)
    assert "marker-secret" not in small.run("doctor").all


def test_one_source_with_wrong_settings_keeps_nobody_from_looking_at_the_others(
    small: Installation, directory: Handmade
) -> None:
    use(small.wish, "bretten-csv")
    small.run("sources", "read")
    use(small.wish, AD, colour="blue")
    found = {one["source"]: one["findings"] for one in small.run("doctor", "--json").json["sources"]}
    assert [one["what"]["code"] for one in found[AD]] == ["app.bad_source"]
    assert found["bretten-csv"][-1]["what"]["code"] == "app.source_believed"


def test_a_source_that_the_settings_no_longer_name_is_an_error(small: Installation, directory: Handmade) -> None:
    small.run("sources", "read")
    del small.wish.sources[AD]
    assert findings(small) == [("error", "app.source_forsaken")]


def test_a_failed_reading_is_said_once_and_a_lost_column_is_not_called_absence(
    small: Installation, directory: Handmade, clock: VirtualClock
) -> None:
    small.run("sources", "read")
    clock.advance(60)
    directory.error = down()
    assert small.run("sources", "read").out.count("can't be reached") == 1
    assert "Could not be read on" in small.run("sources").out
    directory.error = None
    directory.put(*(somebody(f"k{number}", email=None) for number in range(3)))
    told = small.run("sources", "read").out
    assert "all of them keep what they had" in told
    assert "still count as there" not in told
