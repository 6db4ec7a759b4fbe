"""Rules about the bridge itself, where the policy names a body that looks after it. They are rules as all others are.

What they are about comes as a `ForeignAlert` whose name is the rule's id. Ids of the registry have no dot.
"""

from datetime import timedelta
from typing import Final

from policies.alertsections import AlertsPolicy
from provisioner.model.alerts import AlertSeverity, Foreign, Rule
from provisioner.model.registry import Registry
from provisioner.model.text import Text
from provisioner.texts import Catalogue

GATEWAY_DOWN: Final = "bridge.gateway"
"""A gateway is not connected."""
SENDER_SILENT: Final = "bridge.sender"
"""A sender cannot be heard."""
UNMATCHED: Final = "bridge.unmatched"
"""Of alerts of others that no rule names: `Book.foreign` finds it for all of them."""

NEVER: Final = timedelta()
"""What we find out ourselves we tell once."""


def bridge_rules(registry: Registry, policy: AlertsPolicy) -> tuple[Rule, ...]:
    """None where nobody is to be told."""
    body = policy.rangers_body
    if body is None or body not in registry.bodies:
        return ()
    say = Catalogue("en" if registry.language == "en" else "de")

    def rule(identity: str, name: str, labels: dict[str, str], unheard: timedelta | None = NEVER) -> Rule:
        return Rule(
            identity,
            say(Text.of(f"alerts.{name}")),
            Foreign(labels, AlertSeverity.WARNING, unheard),
            tells=(body,),
            meaning=say(Text.of(f"alerts.{name}_meaning")),
            advice=say(Text.of(f"alerts.{name}_advice")),
        )

    return (
        rule(GATEWAY_DOWN, "bridge_gateway", {"alertname": GATEWAY_DOWN}),
        rule(SENDER_SILENT, "bridge_sender", {"alertname": SENDER_SILENT}),
        rule(UNMATCHED, "bridge_unmatched", {}, unheard=None),
    )
