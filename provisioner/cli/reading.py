"""Reading the sources before a plan is made."""

from collections.abc import Iterator

from provisioner.app.site import Site
from provisioner.app.sources import News, refresh
from provisioner.cli.context import Context, working
from provisioner.model.text import Text


def read_first(context: Context, site: Site) -> None:
    """Read the sources before a plan is made. What went wrong is said, and is no error of the plan."""
    with working(context, "reading_sources"):
        news = refresh(site)
    lines = [line for each in news for line in _warnings(context, each)]
    for name in site.forsaken():
        said = (Text.of("app.source_forsaken", source=name), Text.of("app.source_forsaken_mend", source=name))
        lines.append(" ".join(map(context.say, said)))
    for line in lines:
        context.err.print(line, style="yellow", markup=False)


def _warnings(context: Context, news: News) -> Iterator[str]:
    mirror, about = news.mirror, {"source": news.source}
    if news.error is not None:
        why = context.say.error(news.error)
        if mirror.read_at is None:
            yield context.tell("source_unreachable_ever", why=why, **about)
        else:
            yield context.tell("source_unreachable", why=why, at=mirror.read_at, **about)
    elif mirror.held is not None:
        why = " ".join(map(context.say, mirror.held.why))
        yield context.tell("source_held" if mirror.held.word else "source_doubtful", why=why, **about)
    if news.judgement is not None and news.judgement.unusable:
        yield context.tell("source_unusable", count=len(news.judgement.unusable), **about)
