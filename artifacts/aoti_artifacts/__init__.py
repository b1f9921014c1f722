# SPDX-License-Identifier: BSD-2-Clause
"""The Python side of aoti-utils: builds packages and runs the reference."""

__version__ = "0.1.0"
