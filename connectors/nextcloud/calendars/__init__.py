"""Calendars of bodies and the meetings in them, by CalDAV."""
