"""Which languages a Nextcloud speaks. One that it lacks is refused together with everything else in the request.

Observed on Nextcloud 34: POST with "pt" makes an account without an e-mail address (400/101), PATCH with it changes
nothing at all (422): there is "pt_PT" and "pt_BR", but no "pt".
"""

import re
from typing import Final

_REGIONAL: Final = {"et": "et_EE", "lt": "lt_LT", "pt": "pt_PT", "zh": "zh_CN"}
"""Languages that the server has only as one, or several, of a region."""

_SPOKEN: Final = re.compile(
    "ar|be|bg|ca|cs|da|de|el|en|eo|es|eu|fa|fi|fr|ga|gl|hr|hu|id|is|it|ja|ka|ko|lo|lv|mk|mn|nb|nl|oc|pl|ro|ru|sc|sk|sl"
    "|sr|sv|sw|th|tr|ug|uk|uz|vi"
)
"""Two-letter languages of Nextcloud 34 (its core/l10n)."""

_FALLBACK: Final = "en"
"""What the server itself shows to people whose language it lacks."""


def held(language: str) -> str:
    """The two letters that an account will have when it is given this language: Norwegian is Bokmål over there."""
    wanted = "nb" if language == "no" else language
    return wanted if _SPOKEN.fullmatch(wanted) or wanted in _REGIONAL else _FALLBACK


def sent(language: str) -> str:
    """A language that `held` gave, in the server's own spelling."""
    return _REGIONAL.get(language, language)
