"""Makes a fresh machine ready: the virtual environment, the pinned packages, and the system's libraries.

Run by make with the system's Python (3.11 or newer, standard library only): ``prepare.py run`` for
the program, ``prepare.py test`` for the tests as well. Says what is missing, and installs it when it may.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

# What Qt's own wheels leave to the system, and the Debian package that brings it.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
# Only for a window on an X screen; without them the program still runs without a display.
SCREEN_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
FONTS = ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core")
# Real peers that the tests hold our files against.
TEST_PROGRAMS = {"age": "age", "pspp": "pspp", "7z": "p7zip-full", "strace": "strace"}


def missing_system_packages(purpose: str) -> list[str]:
    """Return the Debian packages that this machine lacks for ``purpose`` ("run" or "test")."""
    found = []
    for library, package in {**QT_LIBRARIES, **SCREEN_LIBRARIES}.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            found.append(package)
    if not Path(FONTS[0]).exists():
        found.append(FONTS[1])
    if purpose == "test":
        found += [package for program, package in TEST_PROGRAMS.items() if shutil.which(program) is None]
        if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):  # Debian keeps it out of the PATH
            found.append("postgresql")
    return found


def install_system_packages(packages: list[str]) -> None:
    """Install Debian packages when we are allowed to; otherwise say exactly what to type, and stop."""
    words = " ".join(packages)
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    may = bool(shutil.which("apt-get"))
    if may and prefix:
        may = subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
    if not may:
        sys.exit(f"System packages are missing. Please run:\n    sudo apt-get install {words}\nand start again.")
    print(f"Installing system packages: {words}", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run([*prefix, "apt-get", "update", "-qq"], check=False, **quiet)
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    done = subprocess.run(install, check=False, **quiet)
    if done.returncode != 0:
        sys.exit(f"The system packages could not be installed. Please run:\n    sudo apt-get install {words}")


def make_environment(purpose: str) -> None:
    """Create ``.venv`` and install the pinned packages into it, unless that was done for these very pins."""
    requirements = ROOT / "packaging" / ("requirements-dev.txt" if purpose == "test" else "requirements.txt")
    stamp = VENV / f"ready-{purpose}"
    pins = hashlib.sha256(requirements.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == pins:
        return
    if not PYTHON.exists():
        print("Creating the environment in .venv", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True)
        if made.returncode != 0:  # Debian keeps pip for new environments in a package of its own
            shutil.rmtree(VENV, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    has_pip = subprocess.run([str(PYTHON), "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0
    pip = [str(PYTHON), "-m", "pip"] if has_pip else [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    quiet = ["-q", "--disable-pip-version-check"]
    print("Installing the pinned Python packages (some hundred megabytes the first time)", flush=True)
    subprocess.run([*pip, "install", *quiet, "--require-hashes", "-r", str(requirements)], check=True)
    subprocess.run([*pip, "install", *quiet, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)
    stamp.write_text(pins)


def main() -> None:
    """Prepare for ``run`` or ``test``."""
    purpose = sys.argv[1] if len(sys.argv) > 1 else "run"
    if sys.version_info < (3, 11):
        sys.exit("cati needs Python 3.11 or newer; say which one with: make PYTHON=/path/to/python3.11 …")
    if sys.platform == "linux":
        packages = missing_system_packages(purpose)
        if packages:
            install_system_packages(packages)
    make_environment(purpose)


if __name__ == "__main__":
    main()
