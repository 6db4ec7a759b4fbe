"""Letters put into words, and the line to the mail server.

What a letter's ``about`` holds, by kind. Ids are the registry's, days are written as 2026-11-30; what is not named here
is ignored, and a letter that lacks something is refused. Whoever is written of is looked up when the letter is sent.

==================  =================================================================================================
LOGIN_LINK          nothing
WELCOME             nothing
JOINED              ``person``
REQUEST, …_REMINDER ``request``: the number of the request; none goes once it is decided
APPROVED, DECLINED  ``request``
CONFIRM, …_REMINDER ``body``, ``due``; none goes once the list is confirmed
CONFIRM_ESCALATED   ``body``, ``due``
STRUCK              ``body``
LEAVING             ``last_day``
SUCCESSOR           ``body``, ``vacant_on``: the first day without anybody
HAND_OVER           ``person``: who left
GUEST_ENDS          ``person``: the guest, ``last_day``
TO_BODY             ``body``, ``subject``, ``text``, ``writer``; ``show_address`` 1: the writer wants to be answered
NOTICE              ``what``, and its counts: see `provisioner.app.noticing`
WEEKLY              counts: ``joined``, ``left``, ``waiting``, ``failed``, ``requests``, ``confirmations``, ``letters``
==================  =================================================================================================
"""
