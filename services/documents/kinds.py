"""The kinds of files that can be read, by their endings."""

TABLES = frozenset({"csv", "tsv", "xlsx", "jsonl", "ndjson", "json"})
MARKDOWN, HTML = frozenset({"md", "markdown", "txt"}), frozenset({"html", "htm", "xhtml"})
DOCUMENTS = MARKDOWN | HTML | {"docx", "pdf"}
ENDINGS = DOCUMENTS | TABLES | {"zip"}
