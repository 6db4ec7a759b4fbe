"""What the connector relies on in a Discourse, beside what every connector's contract asks."""

from connectors.kit.contract import Sample
from provisioner.model.resources import EdgeRole, Kind

ACCOUNT = Sample(
    Kind.ACCOUNT,
    {"display_name": "Anna {word}", "email": "{word}@stadt.example", "enabled": True, "login_id": "sub-{word}"},
    {"display_name": "Anna Ähre {word}"},
)
GROUP = Sample(
    Kind.GROUP,
    {"display_name": "Projektgruppe {word}"},
    {"display_name": "PG {word}"},
    (EdgeRole.MEMBER,),
    name="PG_{word}",  # accounts and groups share their names
)
CATEGORY = Sample(
    Kind.FORUM_CATEGORY,
    {"parent": "", "open": False},
    {"open": True},
    (EdgeRole.READER, EdgeRole.WRITER, EdgeRole.MANAGER),
    Kind.GROUP,
    graded=True,
)
SAMPLES = (ACCOUNT, GROUP, CATEGORY)
