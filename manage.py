#!/usr/bin/env python3
"""The one entry of SmartSupport: python3 manage.py COMMAND.

Needs nothing but Python: it makes .venv beside itself, installs the pinned requirements whenever they changed, and
hands over to app.cli there. A later start only compares a few hashes.

The syntax stays readable for old Pythons (3.6), so that they are refused in one sentence and not with a traceback.
"""

import argparse
import contextlib
import difflib
import errno
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
CHINESE = (
    next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    .lower()
    .startswith("zh")
)

#: where PyTorch publishes its builds without GPU packages; a mirror may be named instead
TORCH_CPU_INDEX = os.environ.get("SMARTSUPPORT_TORCH_INDEX", "https://download.pytorch.org/whl/cpu")
PACKAGE_INDEX_TROUBLE = re.compile(
    r"Temporary failure in name resolution|Name or service not known|NewConnectionError|ConnectTimeout|NameResolution"
    r"|Network is unreachable|Connection refused|No matching distribution found"
)

#: what is installed apart from each other; the first file of each is given to pip, a change in any installs again
LAYERS = {
    "base": ("requirements.txt",),
    "torch": ("requirements-torch.txt", "requirements.txt"),
    "dev": ("requirements-dev.txt", "requirements.txt"),
}

Command = namedtuple("Command", "name arguments chinese english")

#: every command, in the order of the help; all but `test` are commands of app.cli
FOR_OPERATORS = (
    Command(
        "run",
        "[--host HOST] [--port PORT]",
        "启动全部功能，默认 http://127.0.0.1:5000",
        "start everything, by default on http://127.0.0.1:5000",
    ),
    Command("demo", "", "建立演示账号和示例数据（口令公开）", "demonstration accounts and data (known passwords)"),
    Command("doctor", "", "检查环境与配置，逐项说明", "check this installation, point by point"),
    Command("migrate", "", "建立或升级数据库表", "create or upgrade the database tables"),
    Command("password", "USER [--clear-totp]", "给被锁在外面的账号一个新密码", "a new password for who is locked out"),
    Command("company", "CODE NAME --host HOST", "增加一家公司", "add a company"),
    Command("retention", "[--dry-run]", "清理超过保留期的会话", "purge conversations that were kept long enough"),
    Command("kb", "import FILE …", "导入知识库文章（CSV、JSONL）", "import articles (CSV, JSON lines)"),
    Command("web", "[--host HOST] [--port PORT]", "多进程部署：只启动网页服务", "scaled out: a web process only"),
    Command("worker", "", "多进程部署：后台任务进程", "scaled out: a process for jobs"),
    Command("beat", "", "多进程部署：定时任务进程（只启动一个）", "scaled out: the timetable, once"),
)
FOR_BUILDERS = (
    Command("test", "[PYTEST ARGUMENTS]", "运行测试，缺少的程序会先安装", "run the tests, installing what they need"),
    Command("bench", "NAME …", "性能测量", "measure speed"),
)
COMMANDS = FOR_OPERATORS + FOR_BUILDERS


class Refusal(Exception):
    """Why it cannot go on, in a sentence for the person at the keyboard."""


def words(chinese, english):
    """The text in the language of the terminal."""
    return chinese if CHINESE else english


def say(text, end="\n"):
    """Progress goes to stderr: stdout belongs to the command."""
    print(text, end=end, file=sys.stderr, flush=True)


def python_problem(version):
    """What to tell a person whose Python is too old; None when it is new enough."""
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return None
    found, needed = (".".join(map(str, numbers[:2])) for numbers in (version, OLDEST_PYTHON))
    return words(
        f"SmartSupport 需要 Python {needed} 或更新版本，当前是 Python {found}，请换用新版本运行 manage.py。",
        f"SmartSupport needs Python {needed} or newer, this is Python {found}: use a newer one.",
    )


def help_text():
    """All commands on one screen, those of people who run it apart from those of people who build it."""

    def section(title, commands):
        lines = [
            f"  {(command.name + ' ' + command.arguments).strip():<36}{words(command.chinese, command.english)}"
            for command in commands
        ]
        return "\n".join([title, *lines])

    return "\n\n".join(
        [
            words(
                "用法：python3 manage.py 命令 [参数]；“命令 --help” 显示该命令的参数",
                "Usage: python3 manage.py COMMAND [ARGUMENTS]; COMMAND --help shows its arguments",
            ),
            section(words("运行与维护", "To run it"), FOR_OPERATORS),
            section(words("开发与测试", "To build it"), FOR_BUILDERS),
            words(
                "环境变量：SMARTSUPPORT_VENV 虚拟环境目录（默认 .venv）；SMARTSUPPORT_TORCH_INDEX CPU 版 torch 的镜像",
                "Environment: SMARTSUPPORT_VENV, folder of the virtual environment (default .venv);\n"
                "             SMARTSUPPORT_TORCH_INDEX, a mirror of PyTorch's CPU builds",
            ),
        ]
    )


# --- the virtual environment ----------------------------------------------------------------------------------------


class Environment:
    """The virtual environment in `folder`: what is installed in it, and how to install what is missing."""

    def __init__(self, folder, root=ROOT):
        self.folder = Path(folder)
        self.root = root
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.log = self.folder / "install.log"

    def prepare(self, layers, retry_skipped=False):
        """Install what is not there yet or has changed. Costs a few file reads when nothing has."""

        def missing():
            return [layer for layer in layers if not self.is_current(layer, retry_skipped)]

        if self.is_usable() and not missing():
            return
        with self.locked():
            if not (self.is_usable() and self.has_pip()):
                self.create()
            for layer in missing():  # asked again: another start may have finished it meanwhile
                if layer == "torch":
                    self.install_torch()
                else:
                    self.install_layer(layer)

    def is_usable(self):
        """Whether Python starts in it and finds its packages: not so after the system's Python was replaced."""
        configuration = self.folder / "pyvenv.cfg"
        if not (configuration.is_file() and self.python.exists()):
            return False
        made_for = re.search(r"^version\s*=\s*(\d+\.\d+)", configuration.read_text(), re.MULTILINE)
        runs = re.fullmatch(r"python(\d+\.\d+)", self.python.resolve().name)
        return not (made_for and runs) or made_for.group(1) == runs.group(1)

    def has_pip(self):
        return subprocess.run([str(self.python), "-m", "pip", "--version"], capture_output=True).returncode == 0

    def is_current(self, layer, retry_skipped=False):
        try:
            stamp = self.stamp(layer).read_text().split()
        except FileNotFoundError:
            return False
        return stamp[:1] == [self.fingerprint(layer)] and not (retry_skipped and "skipped" in stamp)

    def stamp(self, layer):
        return self.folder / f".installed-{layer}"

    def fingerprint(self, layer):
        texts = [(self.root / name).read_bytes() for name in LAYERS[layer]]
        return hashlib.sha256(b"\0".join(texts)).hexdigest()

    @contextlib.contextmanager
    def locked(self):
        """Several processes that start together install once; the others wait."""
        parent = self.folder.parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
            writable = os.access(self.folder if self.folder.exists() else parent, os.W_OK)
        except OSError:
            writable = False
        if not writable:
            raise Refusal(
                words(
                    f"无法写入 {self.folder}。请换有权限的用户运行，或用 SMARTSUPPORT_VENV 指定可写的目录。",
                    f"Cannot write to {self.folder}. Run it as a user who may, or name another folder with "
                    "SMARTSUPPORT_VENV.",
                )
            )
        if fcntl is None:
            yield
            return
        handle = os.open(parent, os.O_RDONLY)  # the folder itself is the lock: no file to leave behind
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(words("另一个进程正在安装，等待中…", "Another start is installing; waiting for it…"))
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def create(self):
        """Make the environment. One that was interrupted, or whose Python has gone, is made anew."""
        if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
            raise Refusal(
                words(
                    "此 Python 缺少 venv 模块。在 Debian 或 Ubuntu 上请先执行：apt install python3-venv",
                    "This Python has no venv module. On Debian or Ubuntu: apt install python3-venv",
                )
            )
        remake = (self.folder / "pyvenv.cfg").exists()
        if not remake and self.folder.exists() and any(self.folder.iterdir()):
            raise Refusal(
                words(
                    f"目录 {self.folder} 不是虚拟环境且不为空，请删除它，或用 SMARTSUPPORT_VENV 指定别的目录。",
                    f"{self.folder} holds something else than a virtual environment. Remove it, or name another folder "
                    "with SMARTSUPPORT_VENV.",
                )
            )
        handle, log = tempfile.mkstemp(prefix="smartsupport-venv-", suffix=".log")
        os.close(handle)
        arguments = [sys.executable, "-m", "venv", *(["--clear"] if remake else []), str(self.folder)]
        self.step(words("创建虚拟环境", "making the virtual environment"), arguments, log=log)
        shutil.move(log, self.log)  # only now: --clear empties the folder

    # --- what goes into it

    def install_layer(self, layer):
        title = {
            "base": words("安装依赖", "installing the requirements"),
            "dev": words("安装测试所需的包", "installing what the tests need"),
        }[layer]
        self.step(title, self.pip("-r", str(self.root / LAYERS[layer][0])))
        self.stamp(layer).write_text(self.fingerprint(layer))

    def install_torch(self):
        """The sentence-transformers interface on a CPU build of torch, or none of it where that cannot be had."""
        requirements, constraints = (str(self.root / name) for name in LAYERS["torch"])
        pin = re.search(r"^torch==\S+", Path(requirements).read_text(), re.MULTILINE).group()
        report = self.ask_pip(pin)
        try:
            if report is None or gpu_packages(report):
                self.step(
                    words("安装 torch（CPU 版）", "installing torch (CPU build)"),
                    self.pip("--no-deps", "--retries", "2", "--index-url", TORCH_CPU_INDEX, pin),
                )
            self.step(
                words("安装语义模型接口", "installing the model interface"),
                self.pip("-r", requirements, "-c", constraints),
            )
        except Refusal as problem:
            say(str(problem))
            say(
                words(
                    "无法取得 CPU 版 torch，先不安装：内置模型仍可使用。执行 python3 manage.py doctor 会再试一次。",
                    "Going on without torch, whose CPU build cannot be had now: the bundled model works without it. "
                    "python3 manage.py doctor tries again.",
                )
            )
            self.stamp("torch").write_text(self.fingerprint("torch") + " skipped")
        else:
            self.stamp("torch").write_text(self.fingerprint("torch"))

    def ask_pip(self, requirement):
        """pip's report on what it would install for a requirement and its dependencies; None when it finds nothing."""
        answer = self.folder / "torch-report.json"
        answer.unlink(missing_ok=True)
        try:
            self.step(
                words("查询 torch 的安装包", "asking which build of torch would come"),
                self.pip("--dry-run", "--quiet", "--retries", "2", "--report", str(answer), requirement),
            )
        except Refusal:
            return None
        return json.loads(answer.read_text(encoding="utf-8"))

    def pip(self, *arguments):
        return [
            str(self.python),
            "-m",
            "pip",
            "install",
            "--no-input",
            "--disable-pip-version-check",
            "--progress-bar",
            "off",
            *arguments,
        ]

    def step(self, title, command, log=None):
        """Run one command with its output in the log, showing what goes on. Raises Refusal with the log's end."""
        log = log or self.log
        started = time.monotonic()
        live = sys.stderr.isatty()
        say(f"  {title} …", end="" if live else "\n")
        # the person's pip may be set to install for the user, which an environment refuses
        environment = dict(child_environment(), PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0")
        with open(log, "ab") as output:
            output.write(f"\n$ {shlex.join(command)}\n".encode())
            output.flush()
            begin = output.tell()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
            try:
                while process.returncode is None:
                    try:
                        process.wait(timeout=1 if live else 30)
                    except subprocess.TimeoutExpired:
                        say(
                            f"\r  {title} … {elapsed(started)}" if live else f"  {title} … {elapsed(started)}",
                            end="" if live else "\n",
                        )
            except KeyboardInterrupt:
                process.terminate()
                process.wait()
                raise
        say(f"\r  {title} … {elapsed(started)}" if live else f"  {title}: {elapsed(started)}")
        if process.returncode:
            raise Refusal(failure_text(title, log, begin))


def gpu_packages(report):
    """The distributions in a pip report that exist only for GPUs; several GB that a CPU never uses."""
    names = [item["metadata"]["name"].lower() for item in report["install"]]
    return sorted(
        name
        for name in names
        if name.startswith("nvidia") or "cuda" in name or re.fullmatch(r"(pytorch-)?triton(-.*)?", name)
    )


def failure_text(title, log, begin):
    """What went wrong, with the end of the log and the likely remedy."""
    with open(log, "rb") as file:
        file.seek(begin)
        output = file.read().decode(errors="replace")
    tail = "\n".join("    " + line for line in output.splitlines()[-12:])
    remedy = ""
    if PACKAGE_INDEX_TROUBLE.search(output):
        remedy = words(
            "\n软件包索引连接不上或缺少此包：请检查网络，或用 pip config set global.index-url 换一个镜像，"
            "然后再次运行，已完成的步骤不会重做。",
            "\nThe package index cannot be reached or lacks a package: check the network, or name a mirror "
            "with `pip config set global.index-url …`, and start again; what is done stays done.",
        )
    return words(
        f"失败：{title}。完整日志：{log}\n{tail}{remedy}", f"Failed: {title}. The whole log is in {log}\n{tail}{remedy}"
    )


def elapsed(started):
    seconds = int(time.monotonic() - started)
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


# --- handing over ---------------------------------------------------------------------------------------------------


def child_environment():
    """Our environment for what we start: one OpenMP thread a process, for many processes share the machine."""
    environment = dict(os.environ)
    environment.setdefault("OMP_NUM_THREADS", "1")
    return environment


def listening_problem(host, port):
    """Why nobody can listen there, in words that name a way out; None when one can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        return words(
            f"不认识主机 {host}，请用 --host 指定本机地址。",
            f"The host {host} is unknown: name an address of this machine with --host.",
        )
    with socket.socket(family, kind, protocol) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                return words(
                    f"端口 {port} 已被占用，请换一个，例如 --port {port + 1}。",
                    f"Port {port} is taken: choose another, for example --port {port + 1}.",
                )
            return words(
                f"无法监听 {host}:{port}（{problem.strerror}），请用 --host 或 --port 换一个。",
                f"Cannot listen on {host}:{port} ({problem.strerror}): choose another with --host or --port.",
            )
    return None


def with_address(arguments):
    """Host and port made explicit among the arguments of a serving command, and tried. Raises Refusal."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, prog="manage.py")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default=5000, type=int)
    address, rest = parser.parse_known_args(arguments)
    if not 0 < address.port < 65536:
        raise Refusal(words("端口必须在 1 到 65535 之间。", "A port is a number from 1 to 65535."))
    problem = listening_problem(address.host, address.port)
    if problem:
        raise Refusal(problem)
    return ["--host", address.host, "--port", str(address.port), *rest]


def hand_over(environment, arguments):
    """Become the Python of the environment, in the project's folder."""
    os.chdir(environment.root)
    command = [str(environment.python), *arguments]
    if os.name == "nt":  # there, exec returns to the shell at once
        sys.exit(subprocess.call(command, env=child_environment()))
    os.execve(command[0], command, child_environment())


def run_tests(environment, arguments):
    """The whole suite when called without arguments: both set-ups side by side, services/ held to its coverage."""
    environment.prepare(("base", "torch", "dev"))
    os.chdir(environment.root)
    subprocess.run([str(environment.python), "-m", "tests.programs"], env=child_environment(), check=True)
    processes = str(max(2, os.cpu_count() // 2 * 2))  # as many for each of the two set-ups
    whole = ["-p", "tests.measuring", "--numprocesses", processes, "--dist", "loadscope", "--durations", "30"]
    hand_over(environment, ["-m", "pytest", *(arguments or whole)])


def start(name, arguments):
    """Install what is missing, then become the command. Raises Refusal."""
    environment = Environment(os.path.abspath(os.path.expanduser(os.environ.get("SMARTSUPPORT_VENV", ROOT / ".venv"))))
    if name == "test":
        run_tests(environment, arguments)
    serves = name in ("run", "web") and "--help" not in arguments
    if serves:
        with_address(arguments)  # before an installation that may take minutes, and again after it
    if name == "kb":  # files are named from where the person stands
        arguments = [os.path.abspath(word) if os.path.isfile(word) else word for word in arguments]
    environment.prepare(("base", "torch"), retry_skipped=name == "doctor")
    hand_over(environment, ["-m", "app.cli", name, *(with_address(arguments) if serves else arguments)])


def main(arguments):
    problem = python_problem(sys.version_info)
    if problem:
        say(problem)
        return 1
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal that knows no Chinese still gets the rest
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text())
        return 0
    name, *rest = arguments
    known = [command.name for command in COMMANDS]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = words(f"，是否想用 {near[0]}？", f", did you mean {near[0]}?") if near else ""
        say(words(f"没有命令 {name}{hint or '。'}", f"There is no command {name}{hint or '.'}") + "\n\n" + help_text())
        return 2
    try:
        start(name, rest)
    except Refusal as refusal:
        say(str(refusal))
        return 1
    except KeyboardInterrupt:
        say(words("\n已中断，下次启动会继续。", "\nInterrupted; the next start continues."))
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
