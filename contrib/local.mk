# SPDX-License-Identifier: BSD-2-Clause
# Scripts around the programs.

EXTRA_DIST += contrib/build.sh contrib/run.sh
