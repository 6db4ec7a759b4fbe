"""Topics and posts: app/controllers/topics_controller.rb, posts_controller.rb, lib/post_revisor.rb, text_cleaner.rb."""

import re
from typing import Any, Final

from connectors.discourse.emulation.calls import Part, body_of, required
from connectors.discourse.emulation.refusing import no_access, not_found, unprocessable
from connectors.discourse.emulation.state import Topic
from connectors.kit.emulation import Call, route
from provisioner.emulation import Response

_ODD_SPACES: Final = re.compile("[\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_LONGEST_TITLE: Final = 255


class Topics(Part):
    """What is said in categories."""

    @route("GET", r"/t/{id:\d+}.json")
    def show(self, call: Call) -> Response:
        """Twenty posts; their text only when asked (``include_raw``)."""
        topic = self._topic(call)
        post: dict[str, object] = {
            "id": topic.post,
            "post_number": 1,
            "version": topic.version,
            "cooked": _cooked(topic.raw),
            "topic_id": topic.id,
            "username": self.world.users[topic.user].username,
        }
        if call.query.get("include_raw"):
            post["raw"] = topic.raw
        said = {
            "id": topic.id,
            "title": topic.title,
            "category_id": topic.category,
            "posts_count": 1 + topic.others,
            "pinned": topic.pinned,
            "pinned_at": "2026-01-01T08:00:00.000Z" if topic.pinned else None,
            "post_stream": {"posts": [post], "stream": [topic.post]},
        }
        return Response.json(said)

    @route("PUT", r"/t/-/{id:\d+}.json")
    def rename(self, call: Call) -> Response:
        self.require_editor(call)
        topic, given = self._topic(call), body_of(call)
        title = str(given.get("title") or topic.title)
        if len(title) > _LONGEST_TITLE:
            raise unprocessable(f"Title is too long (maximum is {_LONGEST_TITLE} characters)")
        topic.title = cleaned(title, prettify=self.world.site.title_prettify)
        return Response.json({"basic_topic": {"id": topic.id, "title": topic.title}})

    @route("PUT", r"/t/{id:\d+}/status.json")
    def status(self, call: Call) -> Response:
        self.require_editor(call)
        topic, given = self._topic(call), body_of(call)
        if required(given, "status") == "pinned":
            topic.pinned = given.get("enabled") in (True, "true")
        return Response.json({"success": "OK", "topic_status_update": None})

    @route("PUT", r"/posts/{id:\d+}.json")
    def edit(self, call: Call) -> Response:
        """The post keeps its place; of a category's "about" topic the first paragraph describes the category."""
        self.require_editor(call)
        given: dict[str, Any] = required(body_of(call), "post")
        topic = next((one for one in self.world.topics.values() if one.post == int(call.places["id"])), None)
        if topic is None:
            raise not_found()
        raw = _ODD_SPACES.sub(" ", str(given.get("raw") or "")).rstrip()
        if not raw:
            raise unprocessable("Body can't be blank")
        topic.raw, topic.version = raw, topic.version + 1
        category = self.world.categories[topic.category]
        if category.topic == topic.id:
            category.description = _first_paragraph(raw)
        return Response.json({"post": {"id": topic.post, "raw": raw, "cooked": _cooked(raw), "topic_id": topic.id}})

    def _topic(self, call: Call) -> Topic:
        topic = self.world.topics.get(int(call.places["id"]))
        if topic is None:
            raise not_found()
        if not self.world.may_see(self.asker(call), self.world.categories[topic.category]):
            raise no_access()
        return topic


def cleaned(title: str, *, prettify: bool) -> str:
    """TextCleaner.clean_title; spaces before a mark at the end go on English sites alone."""
    if prettify:
        title = re.sub("!+", "!", title)
        title = re.sub(r"\?+", "?", title)
        if re.search("[A-Z]", title) and title == title.upper():
            title = re.sub("[A-Z]", lambda found: found[0].lower(), title)
        title = re.sub(r"\A([a-z]*)\b", lambda found: found[1].capitalize(), title)
        title = re.sub(r"([^.])\.+(\s*)\Z", r"\1\2", title)
    return _ODD_SPACES.sub(" ", re.sub(" +", " ", title)).strip()


def _cooked(raw: str) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in raw.split("\n\n"))


def _first_paragraph(raw: str) -> str | None:
    return next((part for part in raw.split("\n\n") if part.strip() and not part.startswith("<!--")), None)
