"""Letters put into words, and the line to the mail server.

What a letter's ``about`` holds, by kind. Ids are the registry's, days are written as 2026-11-30; what is not named here
is ignored, and a letter that lacks something is refused. Whoever is written of is looked up when the letter is sent.

==================  =================================================================================================
LOGIN_LINK          nothing
WELCOME             nothing
JOINED              ``person``
REQUEST, …_REMINDER ``request``: the number of the request; none goes once it is decided
APPROVED, DECLINED  ``request``
CONFIRM, …_REMINDER ``body``; none goes once the list is confirmed
CONFIRM_ESCALATED   ``body``
STRUCK              ``body``
LEAVING             ``stage``: soon, tomorrow, ended, erasing; ``last_day``, ``erasable_on`` as far as known
SUCCESSOR           ``body``; ``office``: lead, moderation; ``vacant_on``: the first day without anybody
HAND_OVER           ``count``: whose files wait
GUEST_ENDS          ``guest``, ``until``
TO_BODY             ``body``, ``subject``, ``text``, ``writer``; ``show_address`` 1: the writer wants to be answered
NOTICE              ``what``, and what it counts: see `provisioner.app.letters.noticing`
WEEKLY              ``since``, ``until`` and counts: see `provisioner.app.letters.weekly`
==================  =================================================================================================
"""
