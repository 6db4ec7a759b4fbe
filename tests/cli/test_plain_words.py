"""What is printed is what was meant: no word of a guard becomes a picture."""

import pytest

from provisioner.cli.context import Context


def test_a_guards_word_about_a_target_called_cloud_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    context = Context()
    context.out.print("--allow mails:cloud:3c8b59fc", markup=False)
    context.err.print("mails:cloud:3c8b59fc", markup=False)
    printed = capsys.readouterr()
    assert printed.out == "--allow mails:cloud:3c8b59fc\n"
    assert printed.err == "mails:cloud:3c8b59fc\n"
