#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# python.sh - runs a test by the Python that configure was given; without one it is skipped
#
#   tests/python.sh TEST [ARGUMENT]...

command -v "$PYTHON" >/dev/null || {
    echo "SKIP: there is no Python: configure found '$PYTHON'" >&2
    exit 77
}
exec "$PYTHON" "$@"
