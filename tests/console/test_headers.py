"""What holds for every answer: headers, sizes, hosts, errors as pages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter

from provisioner.console.guarding import LONGEST_FORM, POLICY
from provisioner.console.pages import templates
from provisioner.model.errors import StateError
from provisioner.model.text import Text
from tests.support.console import MEMBER, RANGER, House

ANSWERS = [
    ("GET", "/redi/", 303),
    ("GET", "/redi/login", 200),
    ("GET", "/redi/me", 303),
    ("GET", "/redi/nowhere", 404),
    ("GET", "/nowhere/", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/", 404),
    ("POST", "/redi/logout", 403),
    ("PUT", "/redi/login", 405),
    ("GET", "/redi/requests/abc", 303),
    ("GET", "/redi/static/nothing.css", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_keeps_browsers_careful(house: House, method: str, path: str, status: int) -> None:
    answer = house.client().request(method, path)
    assert answer.status_code == status
    assert_careful(answer)


def assert_careful(answer: Any) -> None:
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_no_template_has_what_the_policy_forbids() -> None:
    forbidden = re.compile(r"""\son[a-z]+=["'{]|\sstyle\s*=|<style|javascript:|\shx-on|<script(?![^>]*\ssrc=)""", re.I)
    for name in templates().list_templates(["html"]):
        text = (templates().loader.get_source(templates(), name))[0]  # type: ignore[union-attr]
        assert forbidden.search(text) is None, name
        assert "|safe" not in text.replace(" ", ""), name
        assert "autoescape" not in text, name


def test_what_pages_bring_along_is_kept_for_ever_under_a_name_of_its_own(house: House) -> None:
    client = house.client()
    found = re.findall(r'(?:href|src)="(/redi/static/[^"]+)"', client.get("/redi/login").text)
    assert len(found) == 4
    for path in found:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.get(path.partition("?")[0]).headers["cache-control"] == "no-cache"
    assert "eval(" not in client.get("/redi/static/console.js").text


@pytest.mark.parametrize(
    "name",
    [
        "../application.py",
        "..%2fapplication.py",
        "%2e%2e/%2e%2e/settings.yaml",
        "..%5c..%5csettings.yaml",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "console.css%00.html",
        "console.css/",
        "",
        ".",
        "CONSOLE.CSS",
    ],
)
def test_no_path_leads_out_of_the_static_files(house: House, name: str) -> None:
    answer = house.client().get(f"/redi/static/{name}")
    assert answer.status_code == 404
    assert "import" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:443", "redi.example.evil.example", "127.0.0.1"])
def test_what_a_request_says_of_its_host_is_never_believed(house: House, host: str) -> None:
    visitor = house.visitor(None)
    headers = {"Host": host, "X-Forwarded-Host": host, "Forwarded": f"host={host}"}
    for path in ("login", "privacy", "nowhere"):
        assert host not in visitor.get(path, headers=headers).text
    assert visitor.get("me", headers=headers).headers["location"] == "/redi/login"
    assert visitor.get("login/", headers=headers).status_code == 404
    posted = visitor.post("login", form={"address": "ben@bretten.example"}, headers=headers)
    assert posted.status_code == 200
    assert host not in posted.text
    assert house.networks["redi"].url("link", "x") == "https://redi.example/redi/link/x"


def test_a_body_that_is_said_to_be_too_long_is_not_read(house: House) -> None:
    visitor = house.visitor(MEMBER)
    answer = visitor.post("bodies", "pg-akte", "ask", form={"word": "x" * LONGEST_FORM})
    assert answer.status_code == 413
    assert "zu viel auf einmal" in answer.text
    assert_careful(answer)


def test_a_body_without_end_is_read_only_so_far(house: House) -> None:
    visitor, sent = house.visitor(MEMBER), 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield f"csrf={visitor.csrf}&word=".encode()
        for _ in range(10_000):
            sent += 1024
            yield b"x" * 1024

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = visitor.client.post("/redi/bodies/pg-akte/ask", content=endless(), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfec\x00s\x00r\x00f\x00=\x00"),
        ("application/x-www-form-urlencoded", b"csrf=%ff%fe&word=%00%01"),
        ("application/x-www-form-urlencoded", b"\x00" * 1000),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(5000))),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=csrf\r\n\r\n"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: " + b"b" * 60_000),
        ("text/plain", b"csrf=x"),
        ("application/json", b"{" * 30_000),
        ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        ("", b"csrf=x"),
    ],
    ids=range(11),
)
def test_what_is_no_form_of_ours_does_nothing(house: House, kind: str, content: bytes) -> None:
    visitor = house.visitor(MEMBER)
    for path in ("/redi/bodies/pg-akte/ask", "/redi/bodies/pg-akte/join", "/redi/login", "/redi/logout"):
        answer = visitor.client.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code in (400, 403, 413, 415, 422), path
        assert "root:" not in answer.text
    assert visitor.get("me").status_code == 200
    assert house.networks["redi"].requests.of_person(MEMBER) == []


@pytest.mark.parametrize("codec", ["idna", "punycode", "unicode_escape", "utf-8"])
def test_no_form_chooses_the_codec_that_it_is_read_with(house: House, codec: str) -> None:
    """60 kB read as "idna" took the one thread that reads all requests 2.4 s."""
    head = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
    kind = f"multipart/form-data; boundary=x; charset={codec}"
    content = head + rb"\ud800" + b"\r\n--x--\r\n"
    answer = house.visitor(None).client.post("/redi/login", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "value", ["\x00", "a\x00b", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "\u202e"]
)
def test_letters_that_no_word_has_are_refused_in_words(house: House, value: str) -> None:
    visitor = house.visitor("p-ole")
    answer = visitor.post("bodies", "pg-sensorik", "ask", form={"word": value})
    assert answer.status_code == 422
    assert house.networks["redi"].requests.of_person("p-ole") == []


@pytest.mark.parametrize(
    "path", ["/redi/bodies/%00/ask", "/redi/bodies/%0d%0aSet-Cookie:a=b/leave", "/redi/link/%ff%fe"]
)
def test_odd_letters_in_paths_are_not_there_and_in_no_header(house: House, path: str) -> None:
    answer = house.visitor(RANGER).client.get(path)
    assert answer.status_code in (404, 410)
    assert "set-cookie" not in {name.lower() for name in answer.headers} - {"set-cookie"}
    assert "a=b" not in answer.headers.get("set-cookie", "")


def test_a_mistake_of_ours_says_nothing_of_itself_on_its_page_and_where_it_is_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    router = APIRouter()

    @router.get("/redi/broken")
    def broken() -> None:
        raise ZeroDivisionError("secret-detail")

    @router.get("/redi/closed")
    def closed() -> None:
        raise StateError(Text.of("state.unreadable", database="/secret/place"), "secret-detail")

    house.app.include_router(router)
    client = house.client(raise_server_exceptions=False)
    for path, status in (("/redi/broken", 500), ("/redi/closed", 503)):
        answer = client.get(path)
        assert answer.status_code == status
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        assert "<h1>" in answer.text
        assert_careful(answer)
    [noted] = [one for one in caplog.records if one.getMessage() == "page broken"]
    assert vars(noted)["why"] == "ZeroDivisionError"
    assert "in broken" in vars(noted)["at"]
    assert "secret" not in vars(noted)["at"].replace('raise ZeroDivisionError("secret-detail")', "")


def test_all_pages_of_errors_are_in_the_visitors_language(house: House) -> None:
    visitor = house.visitor(None)
    assert "There is no such page" in visitor.get("nowhere", headers={"Accept-Language": "en"}).text
    assert "There is no such page" in visitor.client.get("/x/", headers={"Accept-Language": "en"}).text
    assert "Diese Seite gibt es" in visitor.get("nowhere").text


def test_an_application_below_a_path_keeps_to_it(house: House) -> None:
    house.service["url"] = "https://redi.example/konsole/"
    client = house.client()
    for path in ("/redi/", "/redi/login", "/", "/konsole"):
        assert client.get(path).status_code == 404
    assert client.get("/konsole/redi/").headers["location"] == "/konsole/redi/login"
    assert house.networks["redi"].url("link", "x") == "https://redi.example/konsole/redi/link/x"


def test_one_network_alone_is_what_the_first_page_leads_to(house: House) -> None:
    del house.wishes["ortenau"]
    assert house.client().get("/").headers["location"] == "/redi/"


def test_a_network_is_found_without_its_last_slash_and_hides_nothing_else(house: House) -> None:
    assert house.client().get("/redi").headers["location"] == "/redi/"
    assert house.client().get("/nobody").status_code == 404
