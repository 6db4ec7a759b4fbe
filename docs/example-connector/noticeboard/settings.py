"""A notice board target's section of the settings file."""

from connectors.kit.settings import ServerSettings, WithToken


class NoticeBoardSettings(ServerSettings, WithToken):
    """Where the board is, and the token of an administrator."""

    product = "noticeboard"
    example = "https://board.example"
    own_paths = ("/api",)
