# SPDX-License-Identifier: BSD-2-Clause

MANUAL = \
	man/aoti-build.1 \
	man/aoti-decode.1 \
	man/aoti-eager.1 \
	man/aoti-forward.1 \
	man/aoti-package.5 \
	man/aoti-stream.5 \
	man/aoti-time.1 \
	man/aoti-tokenize.1 \
	man/aoti-utils.7
EXTRA_DIST += $(MANUAL)

# Installed are the pages of the programs that are.
man_MANS = man/aoti-decode.1 man/aoti-package.5 man/aoti-stream.5 man/aoti-time.1 \
	man/aoti-tokenize.1 man/aoti-utils.7
if WITH_FORWARD
man_MANS += man/aoti-forward.1
endif
if WITH_PYTHON
man_MANS += man/aoti-build.1 man/aoti-eager.1
endif

# --- For a browser -------------------------------------------------------------------------

# make html: the pages in html/, with links to each other, and to Debian's of other programs. What
# is ours mandoc knows by a file of that name.
EXTRA_DIST += man/manual.css
MANDOC = mandoc
html-local: $(MANUAL) man/manual.css
	@command -v $(MANDOC) >/dev/null || { echo 'make html: mandoc is not installed' >&2; exit 1; }
	$(AM_V_GEN)rm -rf html && $(MKDIR_P) html && cp $(srcdir)/man/manual.css html && \
	pages=`cd $(srcdir) && pwd` && cd html && \
	for page in $(MANUAL); do : >`basename $$page`; done && \
	for page in $(MANUAL); do \
	    $(MANDOC) -T html -O style=manual.css,toc \
		-O 'man=%N.%S.html;https://manpages.debian.org/%N.%S' $$pages/$$page \
		>`basename $$page`.html || exit 1; \
	done && rm -f *.[1-9] && cp aoti-utils.7.html index.html
