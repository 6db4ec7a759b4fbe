"""Rules that turn roles and bodies into resources. Pure: no clock, no network, no database."""
