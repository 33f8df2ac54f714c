"""The columns of a file for `kb import`; apart from the import itself, for the command's help lists them too."""

from app.terminal import gettext

#: what a column or key may be called, in lower case
NAMES = {
    "title": ("title", "question", "标题", "问题", "標題", "問題"),
    "body": ("text", "answer", "body", "content", "答案", "内容", "回答", "正文", "內容"),
    "phrasings": ("similar", "phrasings", "相似问", "相似问题", "相似問", "相似問題"),
    "category": ("category", "分类", "目录", "分類"),
    "tags": ("tags", "标签", "標籤"),
    "visibility": ("visibility", "可见范围", "可見範圍"),
    "locale": ("locale", "language", "语言", "語言"),
}
NOTES = {
    "phrasings": gettext("other ways to ask"),
    "category": gettext("from the top down"),
    "visibility": gettext("公开 public, 客户 customer, 员工 staff"),
    "locale": gettext("zh or en; without it the text decides"),
}


def table() -> str:
    """One line for each column: all its names, and what stands in it."""
    lines = (", ".join(names) + (f": {NOTES[field]}" if field in NOTES else "") for field, names in NAMES.items())
    return "\n".join(f"  {line}" for line in lines)
