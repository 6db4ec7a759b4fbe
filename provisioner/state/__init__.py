"""The database: ties, journal, saved plans, rate ledger, locks."""

from provisioner.state.admission import LOGINS, Attempts, Link, Links, Purpose, Session, Sessions
from provisioner.state.alert_outbox import AWAITED, AlertOutbox, Said, SaidState
from provisioner.state.alert_silences import AlertSilences
from provisioner.state.alerts import AlertRow, Alerts
from provisioner.state.apart import Apart
from provisioner.state.audit import Audit, Deed
from provisioner.state.bindings import Bindings, BindingWriter
from provisioner.state.confirmations import Confirmations
from provisioner.state.database import Database, Transactions, Within
from provisioner.state.departures import Departure, Departures
from provisioner.state.enrolments import EnrolmentStore
from provisioner.state.epochs import Epochs
from provisioner.state.errands import Errands
from provisioner.state.errors import AlreadyBound, LockLost, LockTaken, StateBehind
from provisioner.state.feeds import FeedWords
from provisioner.state.gateways import GatewayRow, Gateways
from provisioner.state.gatherings import Figures, Gatherings
from provisioner.state.guest_rooms import GuestRoom, GuestRooms, guest_room_key
from provisioner.state.invitations import Invitation, Invitations
from provisioner.state.journal import Journal, Settlement
from provisioner.state.lock import Owner, ServerLock
from provisioner.state.meta import Meta
from provisioner.state.mirrors import Mirror, Mirrored, Mirrors
from provisioner.state.outbox import Outbox
from provisioner.state.persons import Persons, Scrubbed
from provisioner.state.plans import PlanHead, PlanState, SavedPlan, SavedPlans
from provisioner.state.rates import Rates
from provisioner.state.recovering import Recovered, recover
from provisioner.state.remembered import Remembered, forget_other_targets
from provisioner.state.requests import Requests
from provisioner.state.reservations import Reservation, Reservations
from provisioner.state.retired import RetiredNames
from provisioner.state.room_access import RoomAccess, RoomAccesses
from provisioner.state.room_names import RoomName, RoomNames
from provisioner.state.runs import Entry, Outcome, Recent, Run, Runs, StepState
from provisioner.state.sender_states import SenderStates
from provisioner.state.sensor_states import SensorRow, SensorStates
from provisioner.state.tied import Tied, TiedTo
from provisioner.state.ties_file import TiesFile
from provisioner.state.ties_log import Standing, TiesLog
from provisioner.state.unknown_devices import UnknownDevice, UnknownDevices
from provisioner.state.uplinks import Kept, Uplinks
from provisioner.state.waking import Waking

__all__ = [
    "AWAITED",
    "LOGINS",
    "AlertOutbox",
    "AlertRow",
    "AlertSilences",
    "Alerts",
    "AlreadyBound",
    "Apart",
    "Attempts",
    "Audit",
    "BindingWriter",
    "Bindings",
    "Confirmations",
    "Database",
    "Deed",
    "Departure",
    "Departures",
    "EnrolmentStore",
    "Entry",
    "Epochs",
    "Errands",
    "FeedWords",
    "Figures",
    "GatewayRow",
    "Gateways",
    "Gatherings",
    "GuestRoom",
    "GuestRooms",
    "Invitation",
    "Invitations",
    "Journal",
    "Kept",
    "Link",
    "Links",
    "LockLost",
    "LockTaken",
    "Meta",
    "Mirror",
    "Mirrored",
    "Mirrors",
    "Outbox",
    "Outcome",
    "Owner",
    "Persons",
    "PlanHead",
    "PlanState",
    "Purpose",
    "Rates",
    "Recent",
    "Recovered",
    "Remembered",
    "Requests",
    "Reservation",
    "Reservations",
    "RetiredNames",
    "RoomAccess",
    "RoomAccesses",
    "RoomName",
    "RoomNames",
    "Run",
    "Runs",
    "Said",
    "SaidState",
    "SavedPlan",
    "SavedPlans",
    "Scrubbed",
    "SenderStates",
    "SensorRow",
    "SensorStates",
    "ServerLock",
    "Session",
    "Sessions",
    "Settlement",
    "Standing",
    "StateBehind",
    "StepState",
    "Tied",
    "TiedTo",
    "TiesFile",
    "TiesLog",
    "Transactions",
    "UnknownDevice",
    "UnknownDevices",
    "Uplinks",
    "Waking",
    "Within",
    "forget_other_targets",
    "guest_room_key",
    "recover",
]
