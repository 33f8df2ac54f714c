"""One WeChat for all tests of the channel, and its accounts."""

import pytest

from tests.wechat.fake import FakeWeChat, WechatApp


@pytest.fixture(scope="session")
def wechat():
    with FakeWeChat() as running:
        yield running


@pytest.fixture(autouse=True)
def no_trouble(wechat):
    yield
    wechat.trouble = None


@pytest.fixture
def app(people, wechat) -> WechatApp:
    """An official account in safe mode, to which nobody has written yet."""
    return WechatApp(people, wechat)
