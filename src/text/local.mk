# SPDX-License-Identifier: BSD-2-Clause
# libtext.a: bytes to ids and back.
