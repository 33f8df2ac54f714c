"""What the columns of a table of articles are called, in files of people and in those that we write."""

from collections.abc import Sequence

#: field → what a column or key may be called, in lower case; the first is what an export says
NAMES = {
    "title": ("title", "question", "标题", "问题", "標題", "問題", "标准问", "标准问题"),
    "body": ("text", "answer", "body", "content", "答案", "内容", "回答", "正文", "內容"),
    "phrasings": ("similar", "phrasings", "相似问", "相似问题", "相似問", "相似問題", "其他问法"),
    "category": ("category", "分类", "目录", "分類"),
    "tags": ("tags", "标签", "標籤"),
    "visibility": ("visibility", "audience", "可见范围", "可見範圍"),
    "locale": ("language", "locale", "语言", "語言"),
    "key": ("key", "external_key", "外部编号"),
    "teams": ("teams", "团队", "可见团队"),
    "levels": ("levels", "等级", "客户等级"),
    "valid_from": ("valid_from", "validfrom", "生效时间", "生效日期"),
    "valid_until": ("valid_until", "validuntil", "失效时间", "失效日期"),
    "status": ("status", "状态"),
    "translation_of": ("translation_of", "翻译自"),
}
FIELD_OF = {name: field for field, names in NAMES.items() for name in names}
#: what an export calls them: what is written is read again
HEADINGS = {
    "zh": {
        "key": "外部编号", "title": "标题", "body": "正文", "phrasings": "相似问", "category": "分类", "tags": "标签",
        "locale": "语言", "visibility": "可见范围", "teams": "可见团队", "levels": "客户等级", "valid_from": "生效时间",
        "valid_until": "失效时间", "status": "状态", "translation_of": "翻译自",
    },
    "en": {name: names[0] for name, names in NAMES.items()},
}  # fmt: skip
#: fields of several values, and the marks that part them in a cell; the first one is what an export writes
SEVERAL = {
    "phrasings": "|;｜；\n",
    "category": "|｜",
    "tags": "|;,｜；，、",
    "teams": "|;｜；",
    "levels": "|;,｜；，、",
}


def guessed(columns: Sequence[str]) -> list[str]:
    """The field of each column by its name, "" where it has none; of two for the same field the first."""
    fields: list[str] = []
    for column in columns:
        field = FIELD_OF.get(column.strip().lower(), "")
        fields.append("" if field in fields else field)
    return fields


def parts(value: str | Sequence[str], marks: str) -> tuple[str, ...]:
    """The parts of a cell, or the texts of a list, without empty ones."""
    if isinstance(value, str):
        for mark in marks[1:]:
            value = value.replace(mark, marks[0])
        value = value.split(marks[0])
    return tuple(part.strip() for part in value if part.strip())
