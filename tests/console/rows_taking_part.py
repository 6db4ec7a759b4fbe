"""The routes of those who come in, join, leave and look after bodies: who gets which answer."""

from tests.support.console_rows import A_BODY, A_LINK, A_PERSON, A_REQUEST, EVERYBODY, INSIDE, PEOPLE, Row, get, post

NAMES = {"given_name": "Nia", "family_name": "Neu", "agreed": "yes"}
NEW_BODY = {"name": "Schulen", "join": "open", "lead": "bretten", "moderators": "ben@bretten.example"}

ROWS: tuple[Row, ...] = (
    get("/", {"-S": "/login", "N": "/register", INSIDE: "/me", "F": "/overview"}),
    get("/login", {EVERYBODY: "200"}),
    post("/login", {EVERYBODY: "200"}, {"address": "ben@bretten.example"}),
    get("/link/{word}", {EVERYBODY: "410"}, word=("unknown", "unknown-too")),
    post("/link/{word}", {EVERYBODY: "410"}, word=("unknown", "unknown-too")),
    # Whoever has the link is the moderator whom it was sent to, wherever else they are logged in; and once.
    get("/link/{word}", {EVERYBODY: "200"}, word=A_LINK),
    post("/link/{word}", {"-": "200", EVERYBODY[1:]: "410"}, {"decision": "approve"}, word=A_LINK),
    post("/language", {EVERYBODY: "/"}, {"language": "en"}),
    post("/logout", {EVERYBODY: "/login"}),
    get("/openid", {}),
    get("/openid/back", {}),
    get("/privacy", {EVERYBODY: "200"}),
    get("/register", {"N": "200", f"{INSIDE}F": "/join"}),
    post("/register", {f"{INSIDE}F": "/join", "N": "/join"}, NAMES),
    get("/join", {PEOPLE: "200"}),
    get("/me", {INSIDE: "200"}),
    get("/me/progress", {f"{INSIDE}F": "/me"}),
    get("/me/data", {INSIDE: "200"}),
    get("/bodies/{body}/ask", {PEOPLE: "200"}, body=A_BODY),
    # Who belongs to it is told so.
    post("/bodies/{body}/ask", {"RKABOn": "/join", "Mm": "422"}, {"word": "Bitte"}, body=A_BODY),
    post("/bodies/{body}/join", {"RKABOn": "422", "Mm": "/me"}, body=A_BODY),
    post("/bodies/{body}/join", {PEOPLE: "/me"}, body=("pg-akte", "pg-nur-dort")),
    post("/bodies/{body}/join", {PEOPLE: "422"}, body=("pg-kreis", "pg-nur-dort")),
    get("/bodies/{body}/leave", {"Mm": "200"}, body=A_BODY),
    # Who is not in it is not in it afterwards; the only moderator can't go.
    post("/bodies/{body}/leave", {"M": "422", "m": "/me", "RKABOn": "/me"}, body=A_BODY),
    post("/requests/{request}/withdraw", {"n": "/me"}, request=A_REQUEST),
    get("/requests", {"RABMOF": "200"}),
    get("/requests/{request}", {"RAMF": "200"}, request=A_REQUEST),
    post(
        "/requests/{request}",
        {"M": "/requests", "RAF": "422"},
        {"decision": "approve", "answer": "Ja"},
        request=A_REQUEST,
    ),
    get("/bodies/{body}/members", {"RAMF": "200"}, body=A_BODY),
    post(
        "/bodies/{body}/members/{person}/strike",
        {"RAMF": "/bodies/pg-sensorik/members"},
        body=A_BODY,
        person=A_PERSON,
    ),
    post(
        "/bodies/{body}/appoint",
        {"RAMF": "/bodies/pg-sensorik/members"},
        {"person": "ole@bruchsal.example", "role": "moderator"},
        body=A_BODY,
    ),
    get("/bodies/{body}/confirm", {"RAMF": "200"}, body=A_BODY),
    post("/bodies/{body}/confirm", {"RAMF": "/bodies/pg-sensorik/members"}, body=A_BODY),
    get("/bodies/{body}/mail", {"RMF": "200"}, body=A_BODY),
    post("/bodies/{body}/mail", {"RMF": "/bodies/pg-sensorik"}, {"subject": "Hallo", "text": "Alle"}, body=A_BODY),
    get("/bodies/new", {"RKABF": "200"}),
    # A city gives bodies to itself alone; made again in the same way it is the same one.
    post("/bodies/new", {"RKAF": "/bodies/pg-schulen/progress"}, NEW_BODY),
    get("/bodies/{body}/progress", {f"{PEOPLE}GF": "200"}, body=A_BODY),
)
