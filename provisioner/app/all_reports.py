"""Every report that ``--json`` prints; docs/json/ holds the schema of each."""

from pydantic import BaseModel

from provisioner.app.alerting.alert_reports import AlertsReport, SensorsReport
from provisioner.app.bounces import BouncesReport
from provisioner.app.enrolments import EnrolmentsReport
from provisioner.app.ladder_reports import AdoptReport, LeaversReport, PersonReport
from provisioner.app.link_reports import LinksReport
from provisioner.app.meetings.meeting_reports import MeetingsReport
from provisioner.app.meetings.ranging import RoomsReport
from provisioner.app.privacy.privacy_report import PrivacyReport
from provisioner.app.reports import (
    ApplyReport,
    DemoReport,
    DoctorReport,
    DriftReport,
    ExplainReport,
    HistoryReport,
    ImportReport,
    PlanReport,
    PlansReport,
    ValidateReport,
)
from provisioner.app.source_reports import SourcesReport

REPORTS: tuple[type[BaseModel], ...] = (
    PlanReport,
    PlansReport,
    ApplyReport,
    ValidateReport,
    DoctorReport,
    DriftReport,
    HistoryReport,
    BouncesReport,
    ExplainReport,
    DemoReport,
    ImportReport,
    LeaversReport,
    PersonReport,
    AdoptReport,
    SourcesReport,
    LinksReport,
    EnrolmentsReport,
    MeetingsReport,
    PrivacyReport,
    RoomsReport,
    AlertsReport,
    SensorsReport,
)
