"""Does a rewritten answer say what its sources say, and nothing else?

`check` takes what a language model wrote, sentence by sentence. A sentence stands if nearly all of its words are in
one of the sources (or in two together) and every fact in it is: numbers with their units, dates, amounts, addresses of
the web, of mail and of the post, telephone numbers, names. One that denies what its source affirms does not stand.
Where one sentence falls the whole answer falls: whoever calls has the quotation it was made from.

Measured with tests/ai/test_grounding.py on hand-made rewritings: all that are right in other words pass, none of those
with something added does. It errs on the side of the quotation.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from ai.text import STOP_WORDS, UNSPACED, char_terms, normalise, sentence_spans

#: this share of a sentence's words is in its sources
SUPPORTED_FROM = 0.7
#: and this share of each part between commas that is long enough to say something
CLAUSE_FROM, CLAUSE_TERMS = 0.45, 8
#: a second source is cited where it adds this much
SECOND_ADDS = 0.15


class Fault(StrEnum):
    """Why an answer does not stand."""

    empty = "empty"
    number = "number"
    address = "address"
    name = "name"
    denial = "denial"
    unsupported = "unsupported"


class Sentence(NamedTuple):
    """A sentence of the answer and the sources it rests on, best first, as their places in the list given."""

    text: str
    sources: tuple[int, ...]


class Verdict(NamedTuple):
    """The sentences if all of them stand, else the first fault and what was at fault."""

    sentences: tuple[Sentence, ...]
    fault: Fault | None = None
    about: str = ""

    @property
    def text(self) -> str:
        """The answer as it may be shown."""
        return "".join(sentence.text for sentence in self.sentences).strip()


#: "[1]", "【2】", "(source 1)": marks of citation are set by us
_MARKS = re.compile(r"\s*(?:\[\d{1,2}\]|【\d{1,2}】|〔\d{1,2}〕|[（(](?:来源|source)\s*\d{1,2}[)）])", re.IGNORECASE)
#: a model that thinks aloud
_THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)
#: Markdown that a chat does not show
_DECORATION = re.compile(r"\*\*|__|`|^#{1,6}\s+", re.MULTILINE)
#: said out of politeness, about nothing
_COURTESY = re.compile(
    "(?:您好|你好|好的|感谢(?:您)?的?(?:咨询|提问|支持|耐心等待)|谢谢|希望(?:以上|这些|这个)?(?:内容|信息|回答|回复|说明)?"
    "(?:能|可以)?(?:对您|对你)?(?:有所|有)?(?:帮助|帮到您|帮到你|帮您)(?:到您)?|如(?:果|您)?(?:您)?(?:还)?有(?:其他|任何|别的)?(?:问题|疑问)"
    "(?:请|欢迎|可以)?(?:您)?(?:随时)?(?:联系我们|联系客服|咨询|提问|告诉我)?|根据(?:资料|文章|以上内容|提供的信息|帮助文章)"
    "|祝您(?:生活|工作)?愉快|hello|hi|sure|of course|thank you(?: for (?:asking|your question))?|i hope this helps"
    "|(?:please )?let (?:me|us) know if you have (?:any )?(?:other|further|more)? ?questions"
    "|you are welcome|according to the (?:articles?|sources?|passages?))[，,。.!！~～：: ]*",
    re.IGNORECASE,
)

_ADDRESS = re.compile(
    r"https?://[^\s，。；、）)」』”>]+|www\.[^\s，。；、）)」』”>]+|[a-z0-9_.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    r"|(?<![a-z0-9.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|io|gov|edu|app|dev|info|top|xyz)(?![a-z0-9])"
    r"(?:/[^\s，。；、）)」』”>]*)?",
    re.IGNORECASE,
)
_DIGITS = "零〇一二两三四五六七八九十百千万亿"
#: a unit is what makes a number a fact of its own: 3 days are not 3 hours
_UNITS = (
    "个?(?:工作|自然|交易)日|个?小时|个?钟头|分钟|秒钟?|个?(?:月|季度|星期|礼拜)|周|天|日|号|点半?|年|岁|元|块|角|分|万元|亿元|美元|"
    "欧元|%|‰|次|条|篇|张|台|部|份|件|只|人|位|名|家|套|项|级|倍|步|页|行|字|个|公里|千米|米|厘米|公斤|千克|克|吨|升|毫升|"
    "kb|mb|gb|tb|km|cm|mm|kg|ml|working days?|business days?|days?|hours?|minutes?|seconds?|weeks?|months?|years?|"
    "times?|dollars?|yuan|rmb|usd|eur|percent|pages?|people|users?|files?"
)
_NUMBER = re.compile(
    rf"(?P<sign>[¥$€£￥]?)\s*(?P<number>\d+(?:[.,:/-]\d+)*|第?[{_DIGITS}半]+)\s*(?P<unit>{_UNITS})?",
    re.IGNORECASE,
)
#: characters that count nothing unless a unit follows: 一定, 统一, 一般, 万一, 十分
_SPELLED = re.compile(rf"第?[{_DIGITS}半]+")
_VALUES = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_SMALL_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred")
_WORD_NUMBERS = {word: str(value) for value, word in enumerate(_SMALL_NUMBERS)} | {
    word: str(10 * value) for value, word in enumerate(_TENS, start=3)
}
#: what a unit is called here → all it is written as
_UNIT_NAMES = {
    "工作日": "工作日, business day, working day",
    "天": "天, 日, 号, 自然日, day",
    "小时": "小时, 钟头, hour",
    "分钟": "分钟, minute",
    "秒": "秒, 秒钟, second",
    "周": "周, 星期, 礼拜, week",
    "月": "月, month",
    "年": "年, year",
    "元": "元, 块, yuan, rmb, ¥, ￥",
    "美元": "美元, $, dollar, usd",
    "欧元": "欧元, €, eur",
    "%": "%, percent",
}
_SAME_UNITS = {written: name for name, all_written in _UNIT_NAMES.items() for written in all_written.split(", ")}

_DENIALS = re.compile(
    r"不(?!仅|但|只|过|少|管|论|同|断|久|错|妨|好意思|用担心|用谢)|没(?!关系|问题)|无(?!论|需担心)|未(?!来)|非(?!常)|别(?!的|人)|勿|禁止|"
    r"\b(?:not|no|never|cannot|can't|don't|doesn't|won't|isn't|aren't|without|neither|nor|unable)\b"
)
#: a person with his title; a place or a body with the two characters before its kind
_CHINESE_NAME = re.compile(
    "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
    "方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文][\u4e00-\u9fff]{0,2}?"
    "(?:经理|主任|医生|大夫|先生|女士|老师|总监|工程师|律师|教授|专员)"
    "|[\u4e00-\u9fff]{2}(?:省|市|区|县|镇|街道|大街|路(?=\\d|口)|大厦|广场|公司|集团|银行|医院|大学|学院|局|事务所|中心)"
)
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+#.-]*[A-Za-z0-9+#]|[A-Z]")
_TITLED = re.compile(r"《([^》]{1,40})》|「([^」]{1,40})」|【([^】]{1,40})】")


def check(answer: str, sources: Sequence[str], question: str = "") -> Verdict:
    """Whether `answer` stands on `sources`. The question's words may be repeated, its facts are no source."""
    plain = _DECORATION.sub("", _MARKS.sub("", _THINKING.sub("", answer))).strip()
    known = [_Source(text) for text in sources]
    asked = set(_terms(question))
    stands: list[Sentence] = []
    for start, end in sentence_spans(plain):
        sentence = plain[start:end]
        if not _COURTESY.sub("", sentence).strip(" \t。.!！,，~～:：-–—•*·"):
            continue
        fault, about, places = _judge(sentence, known, asked)
        if fault is not None:
            return Verdict((), fault, about[:80])
        lead = "\n" if stands and "\n" in plain[_end_before(plain, start) : start] else ""
        gap = " " if stands and not lead and plain[start - 1 : start].isspace() else ""
        stands.append(Sentence(f"{lead or gap}{sentence}", places))
    return Verdict(tuple(stands)) if stands else Verdict((), Fault.empty)


class _Source:
    """A source as it is compared with."""

    def __init__(self, text: str):
        self.plain = normalise(text)
        self.terms = set(_terms(text))
        self.numbers = numbers(text)
        self.addresses = _addresses(text)
        self.sentences = [
            (set(_terms(text[start:end])), _denials(text[start:end])) for start, end in sentence_spans(text)
        ]


def _judge(sentence: str, sources: list[_Source], asked: set[str]) -> tuple[Fault | None, str, tuple[int, ...]]:
    for address in _addresses(sentence):
        if not any(address in source.addresses or address in source.plain for source in sources):
            return Fault.address, address, ()
    bare = _ADDRESS.sub(" ", sentence)
    for number in numbers(bare):
        if not any(_has_number(source, number) for source in sources):
            return Fault.number, " ".join(number), ()
    for name in _names(bare):
        if not any(name in source.plain for source in sources):
            return Fault.name, name, ()
    terms = _terms(bare)
    known = set().union(*(source.terms for source in sources))
    # what he asked with may be said again, but is no proof of itself
    telling = [term for term in terms if term in known or term not in asked]
    if not telling:
        return None, "", ()
    shares = [sum(term in source.terms for term in telling) / len(telling) for source in sources]
    order = sorted(range(len(sources)), key=lambda place: -shares[place])
    places = tuple(order[:1])
    share = shares[order[0]] if order else 0.0
    if len(order) > 1:
        both = sources[order[0]].terms | sources[order[1]].terms
        together = sum(term in both for term in telling) / len(telling)
        if together >= share + SECOND_ADDS:
            share, places = together, tuple(order[:2])
    if share < SUPPORTED_FROM:
        return Fault.unsupported, sentence, ()
    for clause in re.split("[，,；;：:—]", bare):
        said = [term for term in _terms(clause) if term in known or term not in asked]
        if len(said) >= CLAUSE_TERMS and sum(term in known for term in said) / len(said) < CLAUSE_FROM:
            return Fault.unsupported, clause, ()
    if _denies_otherwise(set(terms), _denials(bare), [sources[place] for place in places]):
        return Fault.denial, sentence, ()
    return None, "", places


def _denies_otherwise(terms: set[str], denials: int, sources: list[_Source]) -> bool:
    """Whether the sentence of the source that is nearest affirms what is denied here, or the other way round."""
    rated = [(len(terms & said) / (len(terms) or 1), denied) for source in sources for said, denied in source.sentences]
    if not rated:
        return False
    best = max(share for share, _denied in rated)
    # of sentences that are about as near, one that agrees is enough
    near = [denied for share, denied in rated if share >= best - 0.1]
    return all((denied > 0) != (denials > 0) for denied in near)


def _denials(text: str) -> int:
    # "能不能", "是否": a choice, no denial
    return len(_DENIALS.findall(re.sub(r"(.)不\1", r"\1", normalise(text))))


def _terms(text: str) -> list[str]:
    """Characters, pairs of them and words, without those of grammar."""
    return [term for term in char_terms(normalise(_ADDRESS.sub(" ", text))) if term not in STOP_WORDS]


def _addresses(text: str) -> set[str]:
    return {found.rstrip(".,;/").removeprefix("https://").removeprefix("http://")
            for found in _ADDRESS.findall(normalise(text))}  # fmt: skip


def numbers(text: str) -> set[tuple[str, str]]:
    """The numbers of a text with their units, each in one form: 三个工作日 and "3 工作日" are (3, 工作日)."""
    plain = normalise(text)
    for word, value in _WORD_NUMBERS.items():
        plain = re.sub(rf"\b{word}\b", value, plain)
    found = set()
    for match in _NUMBER.finditer(plain):
        number, unit = match["number"], _unit(match["unit"] or match["sign"] or "")
        if _SPELLED.fullmatch(number):
            if not unit and not number.startswith("第") and len(number) < 2:
                continue
            value = _value(number.removeprefix("第"))
            if value is None:
                continue
            number = value
        found.add((number.replace(",", ""), unit))
    return found


def _unit(text: str) -> str:
    text = text.strip().lower().removeprefix("个") or text
    if text.isascii():
        text = text.removesuffix("s")
    return _SAME_UNITS.get(text, text)


def _value(spelled: str) -> str | None:
    """二十四 → 24, 一百零五 → 105, 两 → 2; None for what is no number, as in 万一."""
    if "半" in spelled:
        return spelled
    if not any(char in _POWERS for char in spelled):
        return "".join(str(_VALUES[char]) for char in spelled)
    total, section, digit = 0, 0, None
    for char in spelled:
        if char in _VALUES:
            digit = _VALUES[char]
        elif char in ("万", "亿"):
            if digit is None and not section:
                return None
            total, section, digit = (total + section + (digit or 0)) * _POWERS[char], 0, None
        else:
            section, digit = section + (1 if digit is None else digit) * _POWERS[char], None
    return str(total + section + (digit or 0))


def _has_number(source: _Source, number: tuple[str, str]) -> bool:
    value, unit = number
    if not unit:
        return any(value == known for known, _unit in source.numbers) or value in source.plain
    # "第3" of a list and "3 steps" need no unit there
    return number in source.numbers or (value, "") in source.numbers


def _names(sentence: str) -> list[str]:
    """What reads like a name: of a product or a person in Latin letters, of a book, a person, a place or a firm."""
    titled = [normalise(next(filter(None, groups))) for groups in _TITLED.findall(sentence)]
    latin = []
    # a Western sentence begins with a capital that says nothing
    is_western = not re.search(f"[{UNSPACED}]", sentence)
    for match in _LATIN_NAME.finditer(sentence):
        word = match[0]
        begins = is_western and not sentence[: match.start()].strip(" \"'([-•*")
        looks_named = any(char.isupper() for char in word[1:]) or (word[0].isupper() and not begins)
        if (looks_named or not is_western) and word.lower() not in STOP_WORDS and word != "I":
            latin.append(normalise(word))
    return [*titled, *latin, *(normalise(match[0]) for match in _CHINESE_NAME.finditer(sentence))]


def _end_before(text: str, start: int) -> int:
    """Where the sentence before this one ends."""
    return len(text[:start].rstrip())
