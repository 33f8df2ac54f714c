"""The settings: what each is, where it comes from, and which are wrong or unsafe."""

import re
from collections.abc import Iterator, Mapping

from app.doctor.finding import Finding, failure, note, ok, warning
from app.terminal import gettext
from config import SETTINGS, Config, ConfigError, Setting

_MASK = "******"
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^:/@\s]*):[^@\s]*(?=@)")


def read(environment: Mapping[str, str]) -> tuple[Config, set[str], list[Finding]]:
    """The configuration as far as it can be used, the names of what was set, and what is wrong with the rest.

    A value that cannot be read counts as not given, so that one mistake does not hide the others.
    """
    usable: dict[str, str] = {}
    findings = []
    for setting in SETTINGS:
        raw = environment.get(setting.name)
        if raw is None:
            continue
        try:
            Config({setting.name: raw})
        except ConfigError:
            findings.append(_not_readable(setting, raw))
        else:
            usable[setting.name] = raw
    config = Config(usable)
    # unsafe settings are told one by one below; what is refused everywhere, production aside, is told here
    lenient = Config({**usable, "ENVIRONMENT": "development"}) if config.production else config
    try:
        lenient.check()
    except ConfigError as error:
        findings.append(failure(gettext(str(error))))
    return config, set(usable), findings or [ok(gettext("All settings can be read."))]


def table(config: Config, given: set[str], *, everything: bool) -> Iterator[str]:
    """One line for each setting that was set, then for the others if wanted: name, value, origin, what it is for."""
    shown = [setting for setting in SETTINGS if setting.name in given]
    if everything:
        shown += [setting for setting in SETTINGS if setting.name not in given]
    width = max((len(setting.name) for setting in shown), default=0)
    for setting in shown:
        origin = gettext("environment") if setting.name in given else gettext("default")
        value = _shown(setting, getattr(config, setting.name))
        yield f"{setting.name:<{width}}  {value}  ({origin})  {gettext(setting.help)}"


def check_safety(config: Config) -> Iterator[Finding]:
    """What production refuses; while developing it is only good to know."""
    unsafe = config.unsafe()
    if not unsafe:
        yield ok(gettext("No setting is unsafe."))
    for sentence in unsafe:
        if config.production:
            yield failure(gettext(sentence))
        else:
            yield note(gettext("Before production: %(what)s", what=gettext(sentence)))
    yield from _stand_ins(config)


def _stand_ins(config: Config) -> Iterator[Finding]:
    for name in ("SMS_SENDER", "MAIL_SENDER"):
        if getattr(config, name) != "log":
            continue
        if config.production:
            yield warning(gettext("%(name)s is log, which in production sends nothing: that way is closed.", name=name))
        else:
            yield note(gettext("%(name)s is log: what is sent is only written to a file in DATA_DIR.", name=name))
    if bool(config.WECHAT_APP_ID) != bool(config.WECHAT_APP_SECRET):
        yield warning(gettext("Of WECHAT_APP_ID and WECHAT_APP_SECRET only one is set: WeChat sign-in stays off."))


def _not_readable(setting: Setting, raw: str) -> Finding:
    shown = _MASK if setting.secret else repr(raw)
    if isinstance(setting.default, bool):
        return failure(gettext("%(name)s must be true or false, not %(value)s.", name=setting.name, value=shown))
    return failure(gettext("%(name)s must be a whole number, not %(value)s.", name=setting.name, value=shown))


def _shown(setting: Setting, value: str | int | bool) -> str:
    if value == "":
        return gettext("(empty)")
    if setting.secret:
        return _MASK
    return _PASSWORD_IN_URL.sub(rf"\1:{_MASK}", str(value))
