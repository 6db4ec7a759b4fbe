"""What the connector relies on in a NodeBB, beside what every connector's contract asks."""

from connectors.kit.contract import Sample
from provisioner.model.resources import EdgeRole, Kind

ACCOUNT = Sample(
    Kind.ACCOUNT,
    {"display_name": "Anna {word}", "email": "{word}@stadt.example", "enabled": True, "login_id": "sub-{word}"},
    {"display_name": "Anna Ähre {word}", "email": "{word}@neu.example"},
)
GROUP = Sample(Kind.GROUP, {}, {}, (EdgeRole.MEMBER,), name="PG {word} Größe & Maß")
CATEGORY = Sample(
    Kind.FORUM_CATEGORY,
    {"parent": "", "open": False, "description": "Wir messen & regeln <alles>: {word}"},
    {"open": True, "description": "Neues {word}"},
    (EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER),
    Kind.GROUP,
    name="Größe {word}",
    graded=True,
)
SAMPLES = (ACCOUNT, GROUP, CATEGORY)
