# SPDX-License-Identifier: BSD-2-Clause

dist_man_MANS =

# --- text programs -------------------------------------------------------------------------
dist_man_MANS += \
	man/aoti-decode.1 \
	man/aoti-stream.5 \
	man/aoti-tokenize.1

# --- programs that build and run models ----------------------------------------------------
dist_man_MANS += \
	man/aoti-build.1 \
	man/aoti-eager.1 \
	man/aoti-forward.1 \
	man/aoti-package.5 \
	man/aoti-utils.7

# --- measuring -----------------------------------------------------------------------------
dist_man_MANS += man/aoti-time.1
