"""Topics and posts over HTTP."""

from __future__ import annotations

from typing import Any, Final

from connectors.kit.emulation import Call, Refused, route
from connectors.nodebb.emulation.calls import Part, body_of, done, number, text, uid_of
from connectors.nodebb.emulation.refusing import Plain, no_privileges
from connectors.nodebb.emulation.things import Topic
from provisioner.emulation import Response

TOPICS_PAGE: Final = 20
LONGEST_TITLE, SHORTEST_POST, LONGEST_POST = 255, 8, 32_767


class Topics(Part):
    """Everything below /topics and /posts."""

    @route("POST", "/api/v3/topics")
    def add(self, call: Call) -> Response:
        """Nobody is kept from making the same one twice. A fresh member's first one waits for a moderator (202)."""
        self.required(call, "cid", "content")
        if uid_of(call) <= 0:
            raise no_privileges()
        cid, admin = int(body_of(call)["cid"]), self.world.is_admin(uid_of(call))
        title, content = text(body_of(call), "title").strip(), text(body_of(call), "content").rstrip()
        if not admin:
            posted = any(topic.uid == uid_of(call) for topic in self.world.topics.values())
            if not posted and not self.world.moderates(uid_of(call), cid):
                return Response.json(
                    {"status": {"code": "accepted", "message": "Accepted"}, "response": {"queued": True}}, 202
                )
            self._check(title, content)
        if cid not in self.world.categories:
            raise Refused(400, "Category does not exist")
        if not self.world.may("topics:create", uid_of(call), cid):
            raise no_privileges()
        title = title or content.partition("\n")[0]  # made of the text where none is given
        return done(self.shown(self.world.add_topic(cid, uid_of(call), title, content)))

    def _check(self, title: str, content: str) -> None:
        if len(title) > LONGEST_TITLE:
            raise Refused(
                400, f"Please enter a shorter title. Titles can't be longer than {LONGEST_TITLE} character(s)."
            )
        if len(content) < SHORTEST_POST:
            words = f"Please enter a longer post. Posts should contain at least {SHORTEST_POST} character(s)."
            raise Refused(400, words)
        if len(content) > LONGEST_POST:
            raise Refused(400, f"Please enter a shorter post. Posts can't be longer than {LONGEST_POST} character(s).")

    @route("GET", "/api/v3/topics/{tid}")
    def read(self, call: Call) -> Response:
        topic = self.topic(call)
        if not self.world.may("topics:read", uid_of(call), topic.cid):
            raise Refused(404, "Topic does not exist")
        return done(self.shown(topic))

    @route("GET", "/api/topic/{tid}")
    @route("GET", "/api/topic/{tid}/{slug}")
    def page(self, call: Call) -> Response:
        """What people see of it."""
        topic = self.world.topics.get(number(call, "tid"))
        if topic is None:
            raise Plain(call.request)
        if not self.world.may("topics:read", uid_of(call), topic.cid):
            raise Refused(403 if uid_of(call) else 401)
        return Response.json({**self.shown(topic), "posts": [{"pid": topic.pid, "content": topic.content}]})

    @route("DELETE", "/api/v3/topics/{tid}")
    def purge(self, call: Call) -> Response:
        self.logged_in(call)
        topic = self.topic(call)
        if not self.world.is_admin(uid_of(call)):
            raise no_privileges()
        del self.world.topics[topic.tid]
        return done()

    @route("PUT", "/api/v3/topics/{tid}/pin")
    @route("DELETE", "/api/v3/topics/{tid}/pin")
    @route("PUT", "/api/v3/topics/{tid}/lock")
    @route("DELETE", "/api/v3/topics/{tid}/lock")
    def handle(self, call: Call) -> Response:
        self.logged_in(call)
        topic = self.topic(call)
        if not self.world.is_admin(uid_of(call)) and not self.world.moderates(uid_of(call), topic.cid):
            raise no_privileges()
        what = call.request.path.rpartition("/")[2]
        setattr(topic, f"{what}ned" if what == "pin" else f"{what}ed", call.request.method == "PUT")
        return done()

    @route("GET", "/api/v3/categories/{cid}/topics")
    def of_category(self, call: Call) -> Response:
        """Pinned ones first, then the last ones; twenty at a time from ``after`` on."""
        category = self.category(call)
        if category is None:
            raise Refused(404, "Category does not exist")
        if not self.world.is_admin(uid_of(call)) and not self.world.allowed("read", uid_of(call), category):
            raise no_privileges()
        after = max(0, int(call.query.get("after", "0")))
        own = [topic for topic in self.world.topics.values() if topic.cid == category.cid]
        own.sort(key=lambda topic: (not topic.pinned, -topic.tid))
        told = [self.shown(topic) for topic in own[after : after + TOPICS_PAGE]]
        return done({"topics": told, "nextStart": after + TOPICS_PAGE})

    @route("GET", "/api/user/{slug}/topics")
    def of_user(self, call: Call) -> Response:
        """The last ones first, of categories in which whoever asks may read; none of disabled ones."""
        user = next((one for one in self.world.users.values() if one.slug == call.places["slug"]), None)
        if user is None:
            raise Plain(call.request)
        page = max(1, int(call.query.get("page", "1")))
        own = [
            topic
            for topic in sorted(self.world.topics.values(), key=lambda one: -one.tid)
            if topic.uid == user.uid and self.world.may("topics:read", uid_of(call), topic.cid)
        ]
        start = (page - 1) * TOPICS_PAGE
        told = [self.shown(topic) for topic in own[start : start + TOPICS_PAGE]]
        return Response.json({"uid": user.uid, "topics": told, "nextStart": start + TOPICS_PAGE})

    @route("GET", "/api/v3/posts/{pid}")
    def post(self, call: Call) -> Response:
        topic = self._with_post(call)
        if topic is None or not self.world.may("topics:read", uid_of(call), topic.cid):
            raise Refused(404, "Post does not exist")
        told = {"pid": topic.pid, "tid": topic.tid, "uid": topic.uid, "content": topic.content}
        return done({**told, "edited": topic.edited, "deleted": 0})

    @route("GET", "/api/v3/posts/{pid}/raw")
    def raw(self, call: Call) -> Response:
        topic = self._with_post(call)
        if topic is None or not self.world.may("topics:read", uid_of(call), topic.cid):
            raise Refused(404, "Post does not exist")
        return done({"content": topic.content})

    @route("PUT", "/api/v3/posts/{pid}")
    def edit(self, call: Call) -> Response:
        """Text and, of a first post, the title. Too short or too long is refused whoever asks."""
        self.logged_in(call)
        self.required(call, "content")
        topic = self._with_post(call)
        if topic is None:
            raise Refused(400, "Post does not exist")
        title, content = text(body_of(call), "title").strip(), text(body_of(call), "content")
        self._check(title, content.strip())
        mine = topic.uid == uid_of(call) and self.world.may("posts:edit", uid_of(call), topic.cid)
        moderated = self.world.moderates(uid_of(call), topic.cid) and self.world.may(
            "posts:edit", uid_of(call), topic.cid
        )
        if not (self.world.is_admin(uid_of(call)) or mine or moderated):
            raise no_privileges()
        topic.content, topic.edited = content, self.world.now()
        if "title" in body_of(call):
            topic.title = title  # also an empty one (observed)
        told = {name: value for name, value in self.shown(topic).items() if name not in ("pinned", "locked")}
        return done({"pid": topic.pid, "tid": topic.tid, "content": f'<p dir="auto">{content}</p>\n', "topic": told})

    def shown(self, topic: Topic) -> dict[str, Any]:
        return {
            "tid": topic.tid,
            "uid": topic.uid,
            "cid": topic.cid,
            "title": topic.title,
            "slug": topic.slug,
            "mainPid": topic.pid,
            "pinned": int(topic.pinned),
            "locked": int(topic.locked),
            "deleted": 0,
        }

    def _with_post(self, call: Call) -> Topic | None:
        wanted = number(call, "pid")
        return next((topic for topic in self.world.topics.values() if topic.pid == wanted), None)
