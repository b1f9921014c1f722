# SPDX-License-Identifier: BSD-2-Clause
# libmodel.a: ids to ids.
