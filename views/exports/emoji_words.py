"""Pictures that people type, in words: for paper, where no font draws them."""

import emoji

from services.exports.lettering import can_draw

LANGUAGES = ("zh", "en")
#: asks for the picture of what is also a sign, such as a telephone
AS_PICTURE = "\ufe0f"

emoji.config.load_language(list(LANGUAGES))


def spoken(text: str, locale: str) -> str:
    """The text with "[syringe]" for the picture of one; what belongs together, such as a family, is one word."""
    if text.isascii():
        return text
    language = locale if locale in LANGUAGES else "en"

    def name(picture: str, known: dict[str, str]) -> str:
        if can_draw(picture.removesuffix(AS_PICTURE)):
            return picture
        return f"[{known.get(language, known['en']).strip(':').replace('_', ' ')}]"

    return emoji.replace_emoji(text, name)
