# SPDX-License-Identifier: BSD-2-Clause
# Scripts around the programs.

EXTRA_DIST += contrib/aoti-plot contrib/benchmark.sh contrib/build.sh \
	contrib/compare.sh contrib/run.sh

# Many machines.
examplesdir = $(docdir)/examples
dist_examples_DATA = contrib/cluster/many.sh contrib/cluster/slurm.sh

# --- Completions for shells, made from the programs' tables of options ---------------------------

# Completions have the names under which programs are installed. The tables are the output of
# --print-options, kept here so that a cross build has completions as well. After a change of
# options, "make option-tables" writes them again; tests/cli/option-tables.sh compares.
OPTION_TABLES = \
	contrib/options/aoti-build \
	contrib/options/aoti-decode \
	contrib/options/aoti-eager \
	contrib/options/aoti-forward \
	contrib/options/aoti-time \
	contrib/options/aoti-tokenize
EXTRA_DIST += contrib/completions.awk $(OPTION_TABLES)
COMPLETED = aoti-tokenize aoti-decode aoti-time
if WITH_FORWARD
COMPLETED += aoti-forward
endif
if WITH_PYTHON
COMPLETED += aoti-build aoti-eager
endif
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d

all-local: completions/made
completions/made: $(OPTION_TABLES) $(srcdir)/contrib/completions.awk
	$(AM_V_GEN)rm -rf completions && $(MKDIR_P) completions && \
	for program in $(COMPLETED); do \
	    name=`echo $$program | $(SED) '$(transform)'`; \
	    for shell in bash zsh fish; do \
		$(AWK) -v shell=$$shell -v command=$$name -f $(srcdir)/contrib/completions.awk \
		    $(srcdir)/contrib/options/$$program >completions/$$program.$$shell || exit 1; \
	    done; \
	done && echo >$@
option-tables: $(bin_PROGRAMS) $(noinst_SCRIPTS)
	for program in $(COMPLETED); do \
	    ./$$program --print-options >$(srcdir)/contrib/options/$$program || exit 1; \
	done
.PHONY: option-tables

install_completion = $(MKDIR_P) "$(DESTDIR)$$folder" && \
	$(INSTALL_DATA) completions/$$program.$$shell "$(DESTDIR)$$folder/$$file"
remove_completion = rm -f "$(DESTDIR)$$folder/$$file"
each_completion = for program in $(COMPLETED); do \
	    name=`echo $$program | $(SED) '$(transform)'`; \
	    for shell in bash zsh fish; do \
		case $$shell in \
		bash) folder='$(bashcompletiondir)' file=$$name ;; \
		zsh) folder='$(zshcompletiondir)' file=_$$name ;; \
		fish) folder='$(fishcompletiondir)' file=$$name.fish ;; \
		esac
install-data-local:
	@$(each_completion); $(install_completion) || exit 1; done; done
uninstall-local:
	@$(each_completion); $(remove_completion) || exit 1; done; done
clean-local:
	rm -rf completions html deb check-configure check-deb check-dist check-distributions \
		check-machines check-rpm coverage clang emulated lint.h lint-level.h

# --- Packages of distributions -------------------------------------------------------------------

# make deb: builds in deb/.  make check-deb: builds twice, compares, and runs lintian.
DEBIAN = \
	contrib/debian/aoti-utils-build.install \
	contrib/debian/aoti-utils-forward.install \
	contrib/debian/aoti-utils.install \
	contrib/debian/changelog \
	contrib/debian/control \
	contrib/debian/copyright \
	contrib/debian/rules \
	contrib/debian/source/format \
	contrib/debian/tests/build \
	contrib/debian/tests/control \
	contrib/debian/tests/forward \
	contrib/debian/tests/text
EXTRA_DIST += $(DEBIAN) build-aux/check-deb.sh
deb: dist
	rm -rf deb && $(MKDIR_P) deb && $(AMTAR) -C deb -xf $(distdir).tar.xz
	cp $(distdir).tar.xz deb/$(PACKAGE)_$(VERSION).orig.tar.xz
	cp -r deb/$(distdir)/contrib/debian deb/$(distdir)/debian
	cd deb/$(distdir) && dpkg-buildpackage -us -uc
check-deb: dist
	$(SHELL) $(srcdir)/build-aux/check-deb.sh $(distdir).tar.xz check-deb
# rpmbuild -ta makes packages of the tarball.
EXTRA_DIST += contrib/rpm/aoti-utils.spec build-aux/check-rpm.sh
check-rpm: dist
	$(SHELL) $(srcdir)/build-aux/check-rpm.sh $(distdir).tar.xz check-rpm
# The tarball and its packages on bare systems, if their archives can be reached. AOTI_PARTS selects
# parts, see the script. Uses the demo package if "make demo.pt2" has made it.
DISTRIBUTIONS = bookworm trixie testing noble
EXTRA_DIST += build-aux/check-distributions.sh
check-distributions: dist
	AOTI_DEMO=`ls demo.pt2 2>/dev/null` $(SHELL) $(srcdir)/build-aux/check-distributions.sh \
		$(distdir).tar.xz check-distributions $(DISTRIBUTIONS)
.PHONY: deb check-deb check-rpm check-distributions

# --- Measuring -----------------------------------------------------------------------------------

# The demo model, or another one by BENCH_FLAGS='--model DIR --package FILE', in the three modes.
# Reports go to artifacts/results/*.json in the build folder, the table to the terminal.
BENCH_FLAGS = --num-requests 100 --repeats 2
bench-modes: aoti-forward aoti-time aoti-tokenize demo.pt2
	AOTI_BUILD_DIR='$(abs_top_builddir)' PYTHON='$(PYTHON)' \
		$(srcdir)/contrib/benchmark.sh --package demo.pt2 $(BENCH_FLAGS)
.PHONY: bench-modes
