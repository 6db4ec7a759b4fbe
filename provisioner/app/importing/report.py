"""An import in the shape that ``--json`` prints."""

from provisioner.app.importing.drawn import LeftOut
from provisioner.app.importing.files import Say
from provisioner.app.importing.foresight import Expected, Foresight
from provisioner.app.importing.outcome import Imported
from provisioner.app.reporting import text_report
from provisioner.app.reports import ExpectedReport, FirstPlanReport, ImportReport, LeftOutReport, RemarkReport
from provisioner.model.resources import Kind


def import_report(network: str, imported: Imported, say: Say) -> ImportReport:
    """What was written, what was left out and why, and what the first plan will hold."""
    return ImportReport(
        network=network,
        target=imported.target,
        folder=str(imported.folder),
        files=[path.relative_to(imported.folder).as_posix() for path in imported.files],
        organisations=imported.organisations,
        people=imported.people,
        bodies=imported.bodies,
        memberships=imported.memberships,
        moderators=imported.moderators,
        warnings=imported.warnings,
        left_out=[_left_out(left, say) for left in imported.left_out],
        remarks=[RemarkReport(what=text_report(one.what, say), about=list(one.about)) for one in imported.remarks],
        first_plan=None if imported.foresight is None else _first_plan(imported.foresight, say),
    )


def _first_plan(foresight: Foresight, say: Say) -> FirstPlanReport:
    return FirstPlanReport(
        accounts=foresight.adoptions.get(Kind.ACCOUNT, 0),
        groups=foresight.adoptions.get(Kind.GROUP, 0),
        team_folders=foresight.adoptions.get(Kind.TEAM_FOLDER, 0),
        conversations=foresight.adoptions.get(Kind.CONVERSATION, 0),
        roles=foresight.adoptions.get(Kind.ROLE, 0),
        mailing_lists=foresight.adoptions.get(Kind.MAILING_LIST, 0),
        forum_categories=foresight.adoptions.get(Kind.FORUM_CATEGORY, 0),
        wiki_spaces=foresight.adoptions.get(Kind.WIKI_SPACE, 0),
        others=[_expected(one, say) for one in foresight.expected],
        unwritable=foresight.unwritable,
        unclear=[text_report(why, say) for why in foresight.unclear],
        refusals=[text_report(why, say) for why in foresight.refusals],
    )


def _left_out(left: LeftOut, say: Say) -> LeftOutReport:
    return LeftOutReport(
        kind=str(left.kind),
        name=left.name,
        shown=left.shown,
        could_be_guest=left.guest is not None,
        why=text_report(left.why, say),
    )


def _expected(one: Expected, say: Say) -> ExpectedReport:
    return ExpectedReport(
        verb=str(one.verb), kind=str(one.kind), field=one.field, count=one.count, what=text_report(one.what, say)
    )
