"""A Nextcloud that people have used for years without a registry: 300 accounts, 40 groups, and whatever came along."""

from random import Random
from typing import Final

from connectors.nextcloud.emulation.accounts.state import group_id_for
from connectors.nextcloud.emulator import NextcloudEmulator

CITIES: Final = ("baden-baden", "bretten", "bruchsal", "buehl", "ettlingen", "gaggenau", "rastatt", "stutensee")
GIVEN: Final = (
    "Änne",
    "Bärbel",
    "Cem",
    "Dörte",
    "Emil",
    "Fatma",
    "Gül",
    "Hans-Jörg",
    "Ines",
    "Jürgen",
    "Käthe",
    "Łukasz",
)
FAMILY: Final = ("Beispiel", "Müßig", "von Muster", "Öztürk", "Probe-Fall", "Straßner", "Übel", "Zander")
PROJECTS: Final = ("Sensorik", "E-Akte", "Digitale Mobilität", "Online-Bürgerservice", "Personal & Organisation")
LONG: Final = "Arbeitskreis der Beauftragten für den Datenschutz und die Informationssicherheit in Mittelbaden"
PRIVATE: Final = "freemail.example"
LEFT_OUT: Final = {
    "admin": "import_protected",
    "readi-provisioner": "import_own",
    "aus-1": "import_disabled",
    "aus-2": "import_disabled",
    "kiosk": "import_no_email",
    "doppelt.alt": "import_same_email",
    "doppelt.neu": "import_same_email",
    "auch.gesperrt": "import_same_email",
    "gesperrt.auch": "import_disabled",
    "tilda": "import_same_id",
    "Tilda": "import_same_id",
    "müller": "import_unfit",
    "wirr": "import_unfit",
    "paula": "import_private_address",
    "pit": "import_private_address",
}
"""User id → why it is nobody for the registry."""
GROUPS_LEFT_OUT: Final = {
    "admin": "import_protected",
    "provisioners": "import_protected",
    "leer": "import_empty",
    "Ehemalige": "import_nobody_of_them",
}


def hashed(name: str) -> str:
    """What user_oidc makes of an id, and the server of a long group name."""
    return group_id_for(name.ljust(65))


def grow(cloud: NextcloudEmulator, people: int = 262) -> None:
    """Fill an emulator. The same every time."""
    dice = Random(34)
    accounts = cloud.accounts
    crowd = []
    for number in range(people):
        city, given = CITIES[number % len(CITIES)], GIVEN[number % len(GIVEN)]
        family = f"{FAMILY[number % len(FAMILY)]}{'' if number < 96 else f' {number}'}"
        user = accounts.add_user(
            f"{city}.{number:03}",
            display_name=f"{given} {family}",
            email=f"person{number}@{city}.example",
            quota=dice.choice(("default", "none", "2 GB", "5 GB", "10 GB")),
            language=dice.choice(("de", "de", "de_DE", "en", "")),
        )
        user.profile["organisation"] = {"bretten": "Stadt Bretten", "rastatt": f"Amt {number}"}.get(city, "")
        crowd.append(user.id)
    _odd_people(cloud)
    _groups(cloud, crowd, dice)


def _odd_people(cloud: NextcloudEmulator) -> None:
    add = cloud.accounts.add_user
    for number, city in enumerate(CITIES):
        add(
            hashed(f"sub-{number}"),
            display_name=f"Föderiert {city.title()}",
            email=f"oidc{number}@{city}.example",
            backend="user_oidc",
        )
        add(
            f"{number:08}-uuid",
            display_name=f"Muster, Ldap{number}",
            email=f"ldap{number}@{city}.example",
            backend="LDAP",
            quota="1 GB",
        )
    add(
        "Groß.Klein".replace("ß", "ss"), display_name="Anna von der Au", email="x@bretten.example"
    ).email = "Anna@Bretten.EXAMPLE"
    add("karl heinz", display_name="Heinz, Karl", email="karl@bretten.example", groups=["PG_Sensorik"])
    add("o'neil", display_name="Shéa O'Neil (Bauamt)", email="oneil@rastatt.example")
    add("mia@bretten.example", display_name="Mia", email="mia@bretten.example")
    add("ohnename", email="ohne.name@bühl.example")
    add("unsichtbar", display_name="Un\u200bsicht\u00adbar Wesen", email="unsichtbar@bretten.example")
    add("yes", display_name="No On", email="yes@bretten.example", groups=["012", "null"])
    add("aus-1", display_name="Fort Gegangen", email="fort@bretten.example", enabled=False, groups=["Ehemalige"])
    add("aus-2", email="auch-fort@bretten.example", enabled=False, groups=["PG_Sensorik"])
    add("kiosk", display_name="Kiosk\nRathaus: #1", groups=["PG_Sensorik"])
    add("doppelt.alt", display_name="Dora Doppelt", email="dora@rastatt.example")
    add("doppelt.neu", display_name="Dora Doppelt", email="dora@rastatt.example").email = "DORA@rastatt.example"
    add("auch.gesperrt", display_name="Ali Aktiv", email="ali@rastatt.example")
    add("gesperrt.auch", display_name="Ali Alt", email="ali@rastatt.example", enabled=False)
    add("tilda", display_name="Tilda Klein", email="tilda@rastatt.example")
    add("Tilda", display_name="Tilda Groß", email="tilda.gross@rastatt.example", backend="user_oidc")
    add("müller", display_name="Max Müller", email="max@rastatt.example", backend="LDAP")
    add("wirr", display_name="Wirre Anschrift", email="wirr@@rastatt").email = "wirr@@rastatt"
    add("paula", display_name="Paula Privat", email=f"paula@{PRIVATE}", groups=["PG_Sensorik"])
    add("pit", display_name="Pit Privat", email=f"pit@{PRIVATE}")


def _groups(cloud: NextcloudEmulator, crowd: list[str], dice: Random) -> None:
    accounts = cloud.accounts
    for name in PROJECTS:
        identifier = f"PG_{name}".replace(" ", "-").replace("ä", "ae").replace("ü", "ue").replace("-&-", "-")
        if identifier not in cloud.groups:
            accounts.add_group(identifier, f"PG_{name}")
        accounts.groups[identifier].display_name = f"PG_{name}"
        _fill(cloud, identifier, dice.sample(crowd, 20))
        accounts.add_group(
            f"{identifier}-Administratoren", f"PG_{name}-Administratoren", [*_first(cloud, identifier, 2)]
        )
    for name in ("PG_Datenschutz", "PG_Datenschutz-Administratoren"):
        cloud.groups[hashed(name)] = type(accounts.add_group(name))(hashed(name), name)
        accounts.remove_group(name)
        _fill(cloud, hashed(name), crowd[:3])
    accounts.add_group("PG_Altbau", "Projektgruppe Altbau", crowd[10:14])
    accounts.add_group("PG_Leer")
    accounts.add_group(LONG, members=crowd[20:25])
    accounts.add_group("Runde Tische & Stühle", members=crowd[30:36])
    accounts.add_group("Runde Tische & Stühle-Administratoren", members=[crowd[30], crowd[99]])  # 99 is not in it
    accounts.add_group("Intern-Administratoren", members=crowd[40:42])
    accounts.add_group("NS_Case", members=crowd[50:53])
    accounts.add_group("ns_case", members=crowd[52:55])
    accounts.add_group("Fachgruppe", members=crowd[60:80])
    accounts.add_group("Plenum", members=crowd)
    accounts.add_group("Amt 10/20", members=crowd[81:83])
    accounts.add_group("ns A&B", members=crowd[83:85])
    accounts.add_group("2024", members=crowd[85:87])
    accounts.add_group("Ämter", "Ämter", crowd[87:89])
    accounts.add_group("leer")
    accounts.add_group("aus dem Verzeichnis", members=crowd[90:92]).directory = True
    for number in range(12):
        accounts.add_group(f"Kreis {number}", members=dice.sample(crowd, 5))


def _fill(cloud: NextcloudEmulator, group_id: str, members: list[str]) -> None:
    for member in members:
        cloud.accounts.join(member, group_id)


def _first(cloud: NextcloudEmulator, group_id: str, count: int) -> list[str]:
    there = [member for member in cloud.groups[group_id].members if member[0] in "bergs" and "." in member]
    return sorted(there)[:count]
