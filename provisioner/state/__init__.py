"""The database: ties, journal, saved plans, rate ledger, locks."""

from provisioner.state.apart import Apart
from provisioner.state.bindings import Bindings, BindingWriter
from provisioner.state.database import Database, Transactions
from provisioner.state.departures import Departure, Departures
from provisioner.state.epochs import Epochs
from provisioner.state.errors import AlreadyBound, LockLost, LockTaken, StateBehind
from provisioner.state.journal import Journal, Settlement
from provisioner.state.lock import Owner, ServerLock
from provisioner.state.meta import Meta
from provisioner.state.mirrors import Mirror, Mirrored, Mirrors
from provisioner.state.persons import Persons, Scrubbed
from provisioner.state.plans import PlanState, SavedPlan, SavedPlans
from provisioner.state.rates import Rates
from provisioner.state.recovering import Recovered, recover
from provisioner.state.retired import RetiredNames
from provisioner.state.runs import Entry, Outcome, Recent, Run, Runs, StepState
from provisioner.state.ties_file import TiesFile
from provisioner.state.ties_log import Standing, TiesLog

__all__ = [
    "AlreadyBound",
    "Apart",
    "BindingWriter",
    "Bindings",
    "Database",
    "Departure",
    "Departures",
    "Entry",
    "Epochs",
    "Journal",
    "LockLost",
    "LockTaken",
    "Meta",
    "Mirror",
    "Mirrored",
    "Mirrors",
    "Outcome",
    "Owner",
    "Persons",
    "PlanState",
    "Rates",
    "Recent",
    "Recovered",
    "RetiredNames",
    "Run",
    "Runs",
    "SavedPlan",
    "SavedPlans",
    "Scrubbed",
    "ServerLock",
    "Settlement",
    "Standing",
    "StateBehind",
    "StepState",
    "TiesFile",
    "TiesLog",
    "Transactions",
    "recover",
]
