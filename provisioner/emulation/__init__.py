"""The emulators' common base: loopback server, virtual clock, faults, request log, control address."""

from provisioner.emulation.clock import VirtualClock
from provisioner.emulation.emulator import CONTROL, Credentials, Emulator
from provisioner.emulation.faults import Fault, Faults
from provisioner.emulation.log import LogEntry, RequestLog
from provisioner.emulation.messages import READING_METHODS, Request, Response
from provisioner.emulation.routes import MethodNotAllowed, NoSuchPath, RouteTable

__all__ = [
    "CONTROL",
    "READING_METHODS",
    "Credentials",
    "Emulator",
    "Fault",
    "Faults",
    "LogEntry",
    "MethodNotAllowed",
    "NoSuchPath",
    "Request",
    "RequestLog",
    "Response",
    "RouteTable",
    "VirtualClock",
]
