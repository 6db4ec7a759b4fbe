"""Meetings in time: series of dates, public holidays, and iCalendar as other programs read it."""
