"""What stands above the generated tables."""

_NOTE = "<!-- Written by scripts/docs from the code. Change the code, not this file. -->\n"

REGISTRY = (
    "# Registry: every field\n\n"
    + _NOTE
    + """
The registry is a folder of YAML files, as `readi init` writes it. Every file may hold any of the sections
`network`, `organisations`, `bodies` and `people`; how files are called and in which order they stand makes no
difference. Hidden files are passed over. Ids are small letters, digits and hyphens, and never change.

- YAML 1.2: `NO` and `on` are words, `012` is a number; texts that look like numbers need quotes. Days are written
  `2027-03-31`. The first line `# yaml-language-server: $schema=.schema.json` gives editors completion and red lines.
- A day in `since` or `joined` is the first one, a day in `until` or `leaves` the last one, both included, in the
  network's time zone. `archived` is the first day on which a body rests.
- A malformed entry blocks itself and what refers to it; everybody else goes on. A file that can't be read, or may
  have been cut off, makes the registry incomplete: then nothing is taken from anybody.
- Of a person who is linked to an entry of a source (`identities`), name and address may be left out: see
  [linking.md](linking.md).
- Fields that are not described here are refused, with what was probably meant. `readi validate` shows all mistakes.
"""
)

POLICY = (
    "# Policy: every field\n\n"
    + _NOTE
    + """
The policy turns roles and bodies into accounts and groups, and says what needs a ranger's eyes. Everything has a
default, so an empty file, or none, is a whole policy. A changed policy makes saved plans void. This is the default:

"""
)

KEYS = "\n## Every key\n\n"

COMMANDS = (
    "# Commands\n\n"
    + _NOTE
    + """
`readi COMMAND --help` says the same. Exit codes of plan, apply and drift: 0 nothing to do or done, 1 an error,
2 changes pending, 3 refused by a guard. A usage error is 64 everywhere; all other commands end with 0 or 1,
or with 2 where somebody has to decide something.
What `--json` prints is described in [json/](json/).
"""
)
