#!/usr/bin/env bash
# Sends requests that are generated from the API's documents: schemathesis.sh TOLLGATE TOOLS
# TOLLGATE is the program, TOOLS a folder of components with their manifests. Needs Python 3 with venv, and PyPI.
set -euo pipefail

readonly version=4.32.5
program="$(realpath "$1")" tools="$(realpath "$2")"
cd "$(dirname "$0")"

readonly at="${TOLLGATE_CI_TOOLS:-$PWD/../../target/ci-tools}/schemathesis-$version"
if [ ! -x "$at/bin/schemathesis" ]; then
    python3 -m venv "$at"
    "$at/bin/pip" install --quiet "schemathesis==$version"
fi
exec "$at/bin/python" generated.py "$program" "$tools" "$at/bin/schemathesis"
