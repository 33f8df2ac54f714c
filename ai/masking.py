"""What tells of a person is taken out of a text, so that its words can serve others.

What belongs to somebody by form (numbers, addresses, names behind a title) becomes a blank that people see and fill
in; names that the caller knows become what he says, a variable for instance. Better one number too many than a
customer's telephone number in somebody else's chat: prices, years, versions and small counts stay.
"""

import re
from collections.abc import Mapping

#: what stands where something was taken out
BLANK = "[…]"

#: the hundred commonest family names and some double ones: enough to tell 王先生 from 老先生
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_TITLES = (
    "先生|女士|小姐|太太|老师|医生|大夫|护士|主任|副主任|科长|处长|局长|院长|所长|站长|经理|总监|工程师|师傅|同学|总|工"
)
_HAN = "\u4e00-\u9fff"

_WEB = re.compile(r"(https?://[^\s?#，。；、）)」』\"'<>]+)[?#][^\s，。；、）)」』\"'<>]*")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_NET = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
#: identity cards, order numbers, licence plates: letters and digits with at least five digits in a row
_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{0,4}-?\d{5,}[A-Za-z]{0,2}(?![A-Za-z0-9])")
_PLATE = re.compile(rf"[{_HAN}][A-HJ-NP-Z]·?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Za-z0-9])")
#: telephone numbers as people write them, with spaces and dashes
_PHONE = re.compile(r"(?<![\dA-Za-z.\-/])\+?\d(?:[ \-]?\d){6,}(?![\d.])")
_DATE = re.compile(r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}")
_ACCOUNT = re.compile(
    r"((?:微信|QQ|qq|账号|帐号|用户名|工号|密码|口令|验证码)(?:号|号码)?(?:是|为|[:：]))\s*[A-Za-z0-9_@.\-]{3,}"
)
_NAMED = re.compile(
    rf"((?:我叫|我是叫|名叫|姓名(?:是|[:：])|联系人(?:是|[:：])|本人))\s*[{_HAN}·]{{2,4}}(?=[，,。.；;！!\s的在]|$)"
)
_TITLED = re.compile(rf"(?<![{_HAN}])([{_SURNAMES}][{_HAN}]{{0,2}}?)(?={_TITLES})")
_ADDRESSED = re.compile(
    rf"(您好|你好|我是|我姓|联系|感谢|谢谢|麻烦|转给|[叫给找请跟和与])([{_SURNAMES}][{_HAN}]{{0,2}}?)(?={_TITLES})"
)
_STREET = re.compile(
    rf"(?:[{_HAN}]{{2,8}}(?:省|市|区|县|镇))*[{_HAN}]{{2,10}}(?:路|街|巷|道|弄)\s*\d+\s*号(?:[{_HAN}\d\-]{{0,12}}(?:栋|幢|楼|层|室|单元))?"
)
_BLANKS = re.compile(rf"{re.escape(BLANK)}(?:\s*{re.escape(BLANK)})+")


def mask(text: str, known: Mapping[str, str] | None = None) -> str:
    """The text without persons; `known` says what stands for which name."""
    for name, instead in sorted((known or {}).items(), key=lambda pair: -len(pair[0])):
        if len(name.strip()) > 1:
            text = _replaced(text, name.strip(), instead)
    text = _WEB.sub(r"\1", text)
    dates = _DATE.findall(text)
    text = _DATE.sub("\x00", text)  # a date is no telephone number
    for form in (_MAIL, _NET, _PLATE, _PHONE, _CODE, _STREET):
        text = form.sub(BLANK, text)
    text = _ACCOUNT.sub(rf"\1{BLANK}", text)
    text = _NAMED.sub(rf"\1{BLANK}", text)
    text = _ADDRESSED.sub(rf"\1{BLANK}", _TITLED.sub(BLANK, text))
    for date in dates:
        text = text.replace("\x00", date, 1)
    return _BLANKS.sub(BLANK, text)


def _replaced(text: str, name: str, instead: str) -> str:
    """A name of Latin letters counts as a whole word only: "Al" is not in "Also"."""
    form = re.escape(name)
    if name.isascii():
        form = rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])"
    return re.sub(form, lambda found: instead, text, flags=re.IGNORECASE)
