# SPDX-License-Identifier: BSD-2-Clause
"""What makes and what checks a package: the Python side of aoti-utils."""

__version__ = "0.1.0"
