"""What doctor says of sources: reachable, rights, mapping, and what is believed of them by now."""

from collections.abc import Iterator

from provisioner.app.looking import readable_secrets
from provisioner.app.site import Site
from provisioner.app.source_reports import Status, status_of
from provisioner.model.errors import SettingsError
from provisioner.model.ports import Finding, Severity
from provisioner.model.text import Text


def examine_sources(site: Site) -> Iterator[tuple[str, list[Finding]]]:
    """Every source's findings; one with wrong settings is a finding itself. Raises `StateError`."""
    broken: dict[str, SettingsError] = {}
    for name in site.section.sources:
        try:
            site.read_source(name)
        except SettingsError as error:
            broken[name] = error
    known = {status.source: status for status in status_of(site, besides=broken)}
    for name in (*site.section.sources, *site.forsaken()):
        if name in broken:
            yield name, [_wrong(name, broken[name])]
        elif known[name].forsaken:
            mend = Text.of("app.source_forsaken_mend", source=name)
            yield name, [Finding(Severity.ERROR, Text.of("app.source_forsaken", source=name), mend)]
        else:
            yield name, [*_examined(site, name), *_believed(known[name])]


def _examined(site: Site, name: str) -> Iterator[Finding]:
    yield from readable_secrets(site, site.section.sources[name])
    try:
        with site.source(name) as source:
            yield from source.examine()
    except SettingsError as error:  # a file that it needs is not there
        yield _wrong(name, error)


def _wrong(name: str, error: SettingsError) -> Finding:
    return Finding(Severity.ERROR, error.text, Text.of("app.mend_source_settings", source=name, detail=error.detail))


def _believed(status: Status) -> Iterator[Finding]:
    mirror, name = status.mirror, status.source
    if mirror.held is not None:
        for why in mirror.held.why:
            yield Finding(Severity.WARNING, why, Text.of("app.mend_held"))
    if mirror.whole_at is None:
        mend = Text.of("app.source_unread_mend", source=name)
        yield Finding(Severity.WARNING, Text.of("app.source_unread", source=name), mend)
    else:
        what = Text.of("app.source_believed", count=status.people, missing=status.missing, at=mirror.whole_at)
        yield Finding(Severity.OK, what)
