#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# python.sh - runs a test by the Python given to configure; skips it if there is none
#
#   tests/python.sh TEST [ARGUMENT]...

command -v "$PYTHON" >/dev/null || {
    echo "SKIP: there is no Python: configure found '$PYTHON'" >&2
    exit 77
}
exec "$PYTHON" "$@"
