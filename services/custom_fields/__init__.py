"""Fields that a company defines itself: definitions, values, filters, texts (SET-4, TKT-3)."""

from services.custom_fields import definitions
from services.custom_fields.definitions import PREFIX, fields_of
from services.custom_fields.filtering import asked_in_words, conditions
from services.custom_fields.kinds import Refused, date_of, number_of
from services.custom_fields.reading import (
    SUBJECTS,
    option_title,
    shown_of,
    shown_of_many,
    title_of,
    titles_of,
    values_of,
    values_of_many,
)
from services.custom_fields.values import CUSTOM, set_values

__all__ = [
    "CUSTOM",
    "PREFIX",
    "SUBJECTS",
    "Refused",
    "asked_in_words",
    "conditions",
    "date_of",
    "definitions",
    "fields_of",
    "number_of",
    "option_title",
    "set_values",
    "shown_of",
    "shown_of_many",
    "title_of",
    "titles_of",
    "values_of",
    "values_of_many",
]
