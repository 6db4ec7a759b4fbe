"""Whom to turn to: rangers, an organisation's administrators, a body's moderators. Ids of active people, sorted."""

from policies.membership import affiliations_today
from provisioner.app.picture import Picture
from provisioner.model.registry import Role


def rangers(picture: Picture) -> list[str]:
    """Everybody who is a ranger today."""
    return sorted(person for person, roles in picture.belongings.roles.items() if Role.RANGER in roles)


def administrators(picture: Picture, organisation: str | None) -> list[str]:
    """Its city administrators; of a utility without any the city's; where there are none, the rangers."""
    known, asked = picture.registry.organisations, set[str]()
    while organisation is not None and organisation in known and organisation not in asked:
        found = sorted(
            person
            for person in picture.belongings.of_organisation(organisation)
            if _administers(picture, person, organisation)
        )
        if found:
            return found
        asked.add(organisation)
        organisation = known[organisation].part_of
    return rangers(picture)


def _administers(picture: Picture, person: str, organisation: str) -> bool:
    holding = affiliations_today(picture.registry.people[person], picture.registry, picture.today)
    return any(one.organisation == organisation and Role.CITY_ADMINISTRATOR in one.roles for one in holding)
