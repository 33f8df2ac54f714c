"""Documents of strangers read into Markdown and rows: Word, PDF, HTML, Markdown, CSV, Excel, and archives of them.

What reads them (`reader`) runs in a process of its own with limits on time, memory and what it may touch; nothing in
this package knows the database. `reading` starts that process and waits for it.
"""
