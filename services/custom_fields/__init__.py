"""Fields that a company defines itself: definitions, values, filters, texts (SET-4, TKT-3)."""

from services.custom_fields import definitions
from services.custom_fields.definitions import PREFIX
from services.custom_fields.filtering import asked_in_words, conditions
from services.custom_fields.reading import SUBJECTS, shown_of, shown_of_many, titles_of, values_of, values_of_many
from services.custom_fields.values import CUSTOM, set_values

__all__ = [
    "CUSTOM",
    "PREFIX",
    "SUBJECTS",
    "asked_in_words",
    "conditions",
    "definitions",
    "set_values",
    "shown_of",
    "shown_of_many",
    "titles_of",
    "values_of",
    "values_of_many",
]
