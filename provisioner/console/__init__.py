"""The console: pages for members, moderators and rangers, rendered here, with htmx where a page moves."""
