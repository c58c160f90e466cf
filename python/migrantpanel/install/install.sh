#!/bin/sh
# Installs migrantpanel from this folder, without a network.
#   sh install.sh [--python python3.11] [--target ~/migrantpanel]
set -eu

bundle=$(cd "$(dirname "$0")" && pwd)
python=python3.11
target=$HOME/migrantpanel

while [ $# -gt 0 ]; do
    case $1 in
        --python) python=${2:?--python needs a command}; shift 2 ;;
        --target) target=${2:?--target needs a folder}; shift 2 ;;
        *) echo "usage: sh install.sh [--python COMMAND] [--target FOLDER]" >&2; exit 2 ;;
    esac
done

echo "1/4 checking the files against SHA256SUMS"
(cd "$bundle" && sha256sum --check --quiet --strict SHA256SUMS) || {
    echo "error: a file of the bundle was changed or lost: copy the bundle again" >&2
    exit 1
}
listed=$(grep -c '  wheels/' "$bundle/SHA256SUMS")
present=$(find "$bundle/wheels" -type f | wc -l)
if [ "$listed" -ne "$present" ]; then
    echo "error: wheels/ holds $present files and SHA256SUMS lists $listed: copy the bundle again" >&2
    exit 1
fi

echo "2/4 making the virtual environment in $target/.venv"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || {
    echo "error: $python does not start: give Python 3.11 with --python" >&2
    exit 1
}
if [ "$version" != 3.11 ]; then
    echo "error: $python is Python $version and the wheels are for 3.11: give it with --python" >&2
    exit 1
fi
mkdir -p "$target"
"$python" -m venv --clear "$target/.venv"

echo "3/4 installing the wheels"
pip() { "$target/.venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"; }
pip install --quiet --no-index --find-links "$bundle/wheels" --require-hashes \
    --requirement "$bundle/project/requirements/core.lock"
pip install --quiet --no-index --no-deps "$bundle"/wheels/migrantpanel-*.whl

echo "4/4 copying the project"
cp -R "$bundle/project/." "$target/"

"$target/.venv/bin/migrantpanel" --help > /dev/null
echo "done. Try:"
echo "  cd $target"
echo "  .venv/bin/migrantpanel inspect FOLDER-OF-EXTRACTS"
echo "  .venv/bin/migrantpanel build --extracts FOLDER-OF-EXTRACTS"
