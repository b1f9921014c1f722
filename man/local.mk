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

# --- For a browser -------------------------------------------------------------------------

# make html: the pages in html/, with links to each other, and to Debian's of other programs. What
# is ours mandoc knows by a file of that name.
EXTRA_DIST += man/manual.css
MANDOC = mandoc
html-local: $(dist_man_MANS) man/manual.css
	@command -v $(MANDOC) >/dev/null || { echo 'make html: mandoc is not installed' >&2; exit 1; }
	$(AM_V_GEN)rm -rf html && $(MKDIR_P) html && cp $(srcdir)/man/manual.css html && \
	pages=`cd $(srcdir) && pwd` && cd html && \
	for page in $(dist_man_MANS); do : >`basename $$page`; done && \
	for page in $(dist_man_MANS); do \
	    $(MANDOC) -T html -O style=manual.css,toc \
		-O 'man=%N.%S.html;https://manpages.debian.org/%N.%S' $$pages/$$page \
		>`basename $$page`.html || exit 1; \
	done && rm -f *.[1-9] && cp aoti-utils.7.html index.html
