# SPDX-License-Identifier: BSD-2-Clause
# The programs: options, open, loop, close.
