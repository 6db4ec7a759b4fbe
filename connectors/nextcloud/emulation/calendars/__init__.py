"""Calendars: what is in them, and CalDAV."""
