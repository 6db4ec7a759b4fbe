"""Our mark says whose an account is: doctor sees to it that nobody can write it on their own."""

from collections.abc import Callable

import pytest

from connectors.keycloak.emulation.profile import Profile
from connectors.keycloak.emulator import SERVICE, KeycloakEmulator
from provisioner.model.ports import Severity
from tests.contract.keycloak import Site
from tests.support.keycloak_hands import EmulatedHand


def as_advised(profile: Profile) -> None:
    """Declared, and written by administrators alone."""


def written_by_all(profile: Profile) -> None:
    profile.declared["readi"]["permissions"]["edit"].append("user")


def not_declared(profile: Profile) -> None:
    profile.config["attributes"] = [one for one in profile.config["attributes"] if one["name"] != "readi"]
    profile.allow("ENABLED")


def left_to_administrators(profile: Profile) -> None:
    not_declared(profile)
    profile.allow("ADMIN_EDIT")


@pytest.mark.parametrize(
    ("change", "is_open"),
    [(as_advised, False), (written_by_all, True), (not_declared, True), (left_to_administrators, False)],
)
def test_a_mark_that_everybody_may_write_is_an_error(change: Callable[[Profile], None], is_open: bool) -> None:
    with KeycloakEmulator(service=SERVICE) as emulator:
        change(emulator.profile)
        site = Site(EmulatedHand(emulator).settings)
        severities = {one.what.code: one.severity for one in site.connector.examine()}
        site.close()
    assert severities.get("keycloak.doctor_open_marker") == (Severity.ERROR if is_open else None)
