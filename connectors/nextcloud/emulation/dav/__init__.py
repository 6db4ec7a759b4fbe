"""WebDAV: the door to files and calendars, and what is said there of files."""
