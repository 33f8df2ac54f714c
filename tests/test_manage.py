"""manage.py from outside: each test runs it in a small project of its own, on packages made here, without network."""

import ast
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import manage
from tests.servers import HOST, ROOT, clean_environment, free_port

#: stands for the product: says how it was called and what is installed
CLI = """
import importlib.metadata, json, os, sys
print(json.dumps({
    "arguments": sys.argv[1:],
    "folder": os.getcwd(),
    "threads": os.environ.get("OMP_NUM_THREADS"),
    "packages": {found.name: found.version for found in importlib.metadata.distributions()},
}))
"""
GPU = ("nvidia-cublas==1.0", "triton==1.0")


class Project:
    """A copy of manage.py with requirements and a product of its own, and the package index it installs from."""

    def __init__(self, folder: Path, bare_environment: Path):
        self.folder = folder / "project"
        self.index = folder / "index"
        self.cpu_index = folder / "cpu-index"
        self.environment = self.folder / ".venv"
        (self.folder / "app").mkdir(parents=True)
        shutil.copy(ROOT / "manage.py", self.folder)
        (self.folder / "app" / "cli.py").write_text(CLI)
        (self.folder / "requirements.txt").write_text("greeter==1.0\n")
        (self.folder / "requirements-torch.txt").write_text("torch==2.13.0\nsentence-transformers==6.2.0\n")
        (self.folder / "requirements-dev.txt").write_text("-r requirements.txt\n")
        publish(self.index, "greeter", "1.0")
        publish(self.index, "greeter", "1.1")
        publish(self.index, "torch", "2.13.0")
        publish(self.index, "sentence-transformers", "6.2.0", "torch>=2")
        shutil.copytree(bare_environment, self.environment, symlinks=True)

    def manage(
        self, *arguments: str, program: tuple[str, ...] = ("manage.py",), folder: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess:
        """Run manage.py to its end, as a person would in English."""
        return subprocess.run(
            **self.invocation(*arguments, program=program, folder=folder, **variables), capture_output=True, timeout=120
        )

    def invocation(
        self, *arguments: str, program: tuple[str, ...] = ("manage.py",), folder: Path | None = None, **variables: str
    ) -> dict:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "SMARTSUPPORT_", "LC_", "OMP_", "COVERAGE_"))
        }
        environment = (
            inherited
            | {
                "LANG": "C.UTF-8",
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_INDEX_URL": self.index.as_uri(),
                "SMARTSUPPORT_TORCH_INDEX": self.cpu_index.as_uri(),
            }
            | variables
        )
        first, *rest = program
        script = str(self.folder / first) if first.endswith(".py") else first
        return {
            "args": [sys.executable, script, *rest, *arguments],
            "cwd": folder or self.folder,
            "env": environment,
            "text": True,
            "stdin": subprocess.DEVNULL,
        }

    def installation_log(self) -> str:
        return (self.environment / "install.log").read_text()


def publish(index: Path, name: str, version: str, *requires: str) -> None:
    """Put an empty package into a package index."""
    files = index / name
    files.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    about = f"{module}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    with zipfile.ZipFile(files / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}/__init__.py", "")
        wheel.writestr(f"{about}/METADATA", "\n".join(metadata) + "\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    links = "".join(f'<a href="{wheel.name}">{wheel.name}</a>' for wheel in sorted(files.glob("*.whl")))
    (files / "index.html").write_text(links)


@pytest.fixture(scope="module")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip and nothing else, copied into each project: making one takes seconds."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    venv.create(folder, with_pip=True, symlinks=True)
    return folder


@pytest.fixture
def project(tmp_path: Path, bare_environment: Path) -> Project:
    return Project(tmp_path, bare_environment)


def said(done: subprocess.CompletedProcess) -> dict:
    """What the stand-in for the product printed."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- help and refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_help_lists_every_command_on_one_screen(project, language):
    done = project.manage("--help", LANG=language)
    assert done.returncode == 0
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and line[2] != " "]
    assert listed == "run demo doctor migrate password company retention kb web worker beat test bench".split()  # noqa: SIM905
    assert len(done.stdout.splitlines()) <= 24
    assert ("运行与维护" in done.stdout) == language.startswith("zh")


def test_every_command_of_the_help_exists_in_the_product():
    listing = subprocess.run(
        [sys.executable, "-c", "from app.cli import cli; print(*cli.list_commands(None))"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert {command.name for command in manage.COMMANDS} - {"test"} <= set(listing.stdout.split()), listing.stderr


def test_unknown_command_is_refused_with_the_nearest_one(project):
    done = project.manage("migrat")
    assert done.returncode == 2
    assert "did you mean migrate" in done.stderr


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 8, 18), (3, 10, 13)])
def test_old_python_is_told_which_one_is_needed(version):
    sentence = manage.python_problem(version)
    assert f"{version[0]}.{version[1]}" in sentence
    assert "3.11" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0, 0)])
def test_new_python_is_accepted(version):
    assert manage.python_problem(version) is None


def test_old_python_can_read_the_file_that_refuses_it():
    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("command", ["run", "web"])
def test_taken_port_is_named_before_anything_is_installed(project, command):
    with socket.socket() as other:
        other.bind((HOST, free_port()))
        other.listen()
        port = other.getsockname()[1]
        done = project.manage(command, "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "--port" in done.stderr
    assert not (project.environment / "install.log").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--port", "70000"], "1 to 65535"),  # no such port
        (["--host", "192.0.2.1"], "Cannot listen on 192.0.2.1"),  # an address of no machine
    ],
)
def test_impossible_address_is_refused(project, arguments, reason):
    done = project.manage("run", *arguments)
    assert done.returncode == 1
    assert reason in done.stderr


def test_python_without_venv_is_told_the_package(project):
    shutil.rmtree(project.environment)
    without = "import runpy, sys; sys.modules['ensurepip'] = None; runpy.run_path('manage.py', run_name='__main__')"
    done = project.manage("doctor", program=("-c", without))
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr


def test_folder_that_cannot_be_written_is_named(project, tmp_path):
    (tmp_path / "file").touch()
    done = project.manage("doctor", SMARTSUPPORT_VENV=str(tmp_path / "file" / "venv"))
    assert done.returncode == 1
    assert "Cannot write to" in done.stderr
    assert "SMARTSUPPORT_VENV" in done.stderr


def test_folder_of_something_else_is_left_alone(project, tmp_path):
    precious = tmp_path / "home" / "letter.txt"
    precious.parent.mkdir()
    precious.write_text("dear")
    done = project.manage("doctor", SMARTSUPPORT_VENV=str(precious.parent))
    assert done.returncode == 1
    assert "something else than a virtual environment" in done.stderr
    assert [path.name for path in precious.parent.iterdir()] == ["letter.txt"]


# --- installing -----------------------------------------------------------------------------------------------------


def test_first_start_makes_everything_and_hands_over(project, tmp_path):
    shutil.rmtree(project.environment)
    port = free_port()
    heard = said(project.manage("run", "--port", str(port), "--reload", folder=tmp_path))
    assert heard["arguments"] == ["run", "--host", HOST, "--port", str(port), "--reload"]
    assert heard["folder"] == str(project.folder)
    assert heard["threads"] == "1"
    assert heard["packages"]["greeter"] == "1.0"
    assert heard["packages"]["sentence-transformers"] == "6.2.0"


def test_second_start_installs_nothing(project):
    said(project.manage("migrate"))
    before = project.installation_log()
    second = project.manage("migrate", PIP_INDEX_URL="file:///nowhere")
    assert said(second)["arguments"] == ["migrate"]
    assert second.stderr == ""
    assert project.installation_log() == before


def test_changed_requirement_is_installed_at_the_next_start(project):
    said(project.manage("migrate"))
    (project.folder / "requirements.txt").write_text("greeter==1.1\n")
    assert said(project.manage("migrate"))["packages"]["greeter"] == "1.1"


def break_off_while_installing(environment: Path) -> None:
    (environment / ".installed-base").unlink()


def break_off_while_pip_came(environment: Path) -> None:
    next(environment.glob("lib/python*/site-packages/pip/__main__.py")).unlink()
    (environment / ".installed-base").unlink()


def replace_python(environment: Path) -> None:
    for link in environment.glob("bin/python*"):
        link.unlink()
        link.symlink_to("/nowhere/python")


@pytest.mark.parametrize("damage", [break_off_while_installing, break_off_while_pip_came, replace_python])
def test_damaged_environment_is_mended_at_the_next_start(project, damage):
    said(project.manage("migrate"))
    damage(project.environment)
    assert said(project.manage("migrate"))["packages"]["greeter"] == "1.0"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_installation_broken_off_midway_continues_at_the_next_start(project, how):
    with socket.create_server((HOST, 0)) as index:  # takes pip's call and never answers
        index.settimeout(60)
        address = f"http://{HOST}:{index.getsockname()[1]}/"
        start = subprocess.Popen(
            **project.invocation("migrate", PIP_INDEX_URL=address),
            start_new_session=True,
            # a shell that runs the tests in its background has them, and all they start, ignore it
            preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        index.accept()[0].close()
        os.killpg(start.pid, how)
        _, errors = start.communicate(timeout=180)
    assert ("the next start continues" in errors) == (how == signal.SIGINT)
    assert start.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert said(project.manage("migrate"))["packages"]["greeter"] == "1.0"


def test_without_index_the_reason_is_said_and_a_later_start_continues(project):
    offline = project.manage("migrate", PIP_INDEX_URL="file:///nowhere")
    assert offline.returncode == 1
    assert "index-url" in offline.stderr
    assert "No matching distribution found for greeter==1.0" in offline.stderr  # pip's own words, from the log
    assert said(project.manage("migrate"))["packages"]["greeter"] == "1.0"


def test_processes_that_start_together_install_once(project):
    starts = [
        subprocess.Popen(**project.invocation("migrate"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for start in starts:
        _, errors = start.communicate(timeout=120)
        assert start.returncode == 0, errors
    assert project.installation_log().count("requirements.txt\n") == 1 + 1  # base, and as constraint of torch


def test_files_for_the_knowledge_base_are_found_from_where_the_person_stands(project, tmp_path):
    (tmp_path / "articles.xlsx").touch()
    heard = said(project.manage("kb", "import", "articles.xlsx", "--dry-run", folder=tmp_path))
    assert heard["arguments"] == ["kb", "import", str(tmp_path / "articles.xlsx"), "--dry-run"]


# --- torch ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def gpu_project(project: Project) -> Project:
    """Where the usual torch would bring GPU packages, as on Linux."""
    publish(project.index, "torch", "2.13.0", *GPU)
    publish(project.index, "nvidia-cublas", "1.0")
    publish(project.index, "triton", "1.0")
    return project


def test_usual_torch_is_taken_where_it_is_a_cpu_build(project):
    assert said(project.manage("migrate"))["packages"]["torch"] == "2.13.0"


def test_cpu_build_of_torch_is_taken_where_the_usual_one_needs_gpu_packages(gpu_project):
    publish(gpu_project.cpu_index, "torch", "2.13.0+cpu")
    packages = said(gpu_project.manage("migrate"))["packages"]
    assert packages["torch"] == "2.13.0+cpu"
    assert packages["sentence-transformers"] == "6.2.0"
    assert not {"nvidia-cublas", "triton"} & packages.keys()


def test_without_a_cpu_build_it_starts_without_torch_and_doctor_tries_again(gpu_project):
    first = gpu_project.manage("migrate")
    assert "without torch" in first.stderr
    assert not {"torch", "sentence-transformers", "nvidia-cublas"} & said(first)["packages"].keys()
    assert gpu_project.manage("migrate").stderr == ""  # not asked again at every start

    publish(gpu_project.cpu_index, "torch", "2.13.0+cpu")
    assert said(gpu_project.manage("doctor"))["packages"]["torch"] == "2.13.0+cpu"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["torch", "sympy", "jinja2"], []),
        (["torch", "nvidia-cublas-cu12", "NVIDIA-nccl"], ["nvidia-cublas-cu12", "nvidia-nccl"]),
        (["torch", "triton"], ["triton"]),
        (["torch", "pytorch-triton-rocm"], ["pytorch-triton-rocm"]),
        (["torch", "cuda-bindings"], ["cuda-bindings"]),
        ([], []),  # torch is there already
    ],
)
def test_gpu_packages_are_recognised_in_pips_report(names, found):
    report = {"install": [{"metadata": {"name": name, "version": "1"}} for name in names]}
    assert manage.gpu_packages(report) == found
