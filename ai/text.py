"""Text as search sees it: one form for every way of typing the same words, and the terms in it.

Questions come in simplified and traditional script, in full width and half width, in any case;
`normalise` brings them to one form, on both sides of every comparison. What people are shown is always
the original text.

All functions are thread-safe. The converter (OpenCC) and the dictionary (jieba) are loaded on first use.
"""

import atexit
import logging
import os
import re
import shutil
import stat
import tempfile
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from ai.native import NativeLock

#: Scripts written without spaces between words: Han with its extensions, kana, Hangul.
UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
_RUN = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|(?P<word>[^\\W_{UNSPACED}]+)")
#: Invisible characters and lone surrogates: they arrive by copy and paste and match nothing.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff\x00-\x08\x0e-\x1f\x7f]")
_SPACES = re.compile(r"\s+")

#: Where a sentence ends: Chinese and Western marks, with the quotes and brackets that close it; a
#: Western full stop only after a letter and before a space, so that "3.5", "1. " and addresses stay whole;
#: and every line end.
_SENTENCE_END = re.compile(r"[。！？；!?;…]+[”’」』）)\]】]*|(?<!\d)\.[”’)\]]*(?=\s|$)|\n+")

#: Words that say nothing about what a question is about.
_STOP_TEXT = """
的 了 是 我 你 您 他 她 它 们 我们 你们 您好 你好 吗 呢 啊 吧 呀 嘛 哦 在 有 和 与 及 或 也 就 都 而 着 过 把 被 对 为
从 到 这 那 这个 那个 要 会 能 能否 可以 可否 请 请问 麻烦 谢谢 想 想问 一下 一个 怎么 怎样 如何 什么 为什么 为何 哪些
哪里 哪个 多少 没有 不 不能 无法 是否 还是 关于 需要 时候
a an the is are am was be do does did can could will would should to of in on at for with and or not
i you we they my your our it this that what how why when where which who please there
"""
STOP_WORDS = frozenset(_STOP_TEXT.split())


@lru_cache(maxsize=1)
def _to_simplified():
    import opencc  # 15 MB; only processes that search need it

    return opencc.OpenCC("t2s").convert


def normalise(text: str) -> str:
    """The one form in which texts are compared: compatibility characters unified, lower case, simplified."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower()
    if not text.isascii():
        text = _to_simplified()(text)
    return _SPACES.sub(" ", text).strip()


def plain_words(text: str) -> str:
    """The words of a text alone, in the one form: equal for texts that differ in signs and spaces only."""
    return " ".join(match[0] for match in _RUN.finditer(normalise(text)))


def char_terms(text: str) -> list[str]:
    """The terms BM25 counts: characters and pairs of characters of unspaced scripts, other words whole."""
    terms = []
    for match in _RUN.finditer(text):
        run = match[0]
        if match.lastgroup == "word":
            terms.append(run)
        else:
            terms.extend(run)
            terms.extend(run[i : i + 2] for i in range(len(run) - 1))
    return terms


def is_unspaced(char: str) -> bool:
    """Whether this character belongs to a script written without spaces."""
    return UNSPACED_RUN.match(char) is not None


def words_between(text: str) -> list[str]:
    """The words of spaced scripts and the numbers in a text, in order."""
    return [match[0] for match in _RUN.finditer(text) if match.lastgroup == "word"]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where each sentence of a text starts and ends, without surrounding spaces; list lines count as sentences."""
    spans, start = [], 0
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    for end in [*ends, len(text)]:
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if left < right:
            spans.append((left, right))
        start = end
    return spans


# Words: jieba

_jieba_lock = NativeLock()


def _private_folder() -> str:
    """A folder for the dictionary cache that nobody else can write to; it stays for the processes to come.

    jieba keeps its parsed dictionary as marshal data and trusts what it finds, so a fixed name in the
    shared temporary folder would let another user of the machine plant it.
    """
    folder = Path(tempfile.gettempdir()) / f"smartsupport-words-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and (
        not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o077)
    )
    if is_ours:
        return str(folder)
    own = tempfile.mkdtemp(prefix="smartsupport-words-")  # of this process alone: nobody finds it again
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


@lru_cache(maxsize=1)
def _load_cutter():
    import jieba  # 90 MB with its dictionary; only pages that cut words need it

    jieba.setLogLevel(logging.WARNING)
    cutter = jieba.Tokenizer()
    cutter.tmp_dir = _private_folder()
    cutter.initialize()
    return cutter


@lru_cache(maxsize=1)
def _load_ranker():
    from jieba.analyse import default_tfidf  # the frequencies of words in general: as much memory again

    default_tfidf.tokenizer = _cutter()
    return default_tfidf


def _cutter():
    # The lock keeps two threads from loading the dictionary at once; afterwards it is only looked up.
    with _jieba_lock:
        return _load_cutter()


def _ranker():
    with _jieba_lock:
        return _load_ranker()


def keywords(text: str, k: int) -> list[str]:
    """The k words that say most about a text, best first, in normalised form."""
    ranked = _ranker().extract_tags(normalise(text), topK=k + len(STOP_WORDS))
    return [word for word in ranked if len(word) > 1 and word not in STOP_WORDS][:k]


def _folded(text: str) -> tuple[str, list[int]]:
    """A text normalised character by character, with the place each result came from."""
    convert, folded, places = _to_simplified(), [], []
    for place, char in enumerate(text):
        if _INVISIBLE.match(char):
            continue
        for result in convert(unicodedata.normalize("NFKC", char).lower()):
            folded.append(result)
            places.append(place)
    return "".join(folded), places


def _query_words(query: str) -> list[str]:
    words = [word for word in _cutter().cut_for_search(normalise(query)) if _RUN.search(word)]
    telling = [word for word in words if word not in STOP_WORDS]
    long_ones = [word for word in telling if len(word) > 1]
    return long_ones or telling


def _occurrences(word: str, text: str) -> list[int]:
    if not word.isascii():
        return [match.start() for match in re.finditer(re.escape(word), text)]
    # "app" is not to be marked inside "happy"
    return [match.start() for match in re.finditer(f"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text)]


def highlight_words(query: str, text: str, whole: Collection[str] = ()) -> list[str]:
    """The words of a query as they are written in this text, for the reader's eye; each once, longest first.

    `whole` are normalised words that are marked as they are, also where the query says them otherwise (see
    `Lexicon.marks`).
    """
    folded, places = _folded(text)
    found = {
        text[places[start] : places[start + len(word) - 1] + 1]
        for word in {*_query_words(query), *whole}
        for start in _occurrences(word, folded)
    }
    return sorted(found, key=lambda word: (-len(word), word))
