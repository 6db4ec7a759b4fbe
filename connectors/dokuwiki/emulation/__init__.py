"""What the emulated DokuWiki holds."""
