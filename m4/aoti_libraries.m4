# SPDX-License-Identifier: BSD-2-Clause
# Libraries are found as VARIABLE_CFLAGS and VARIABLE_LIBS, by pkg-config or by their usual names. A
# library exists if a program that calls it compiles and links.

# AOTI_PKG_CONFIG: the host's pkg-config, so that a cross build does not see the libraries of the
# build machine. Does not need pkg.m4.
AC_DEFUN([AOTI_PKG_CONFIG], [
AC_ARG_VAR([PKG_CONFIG], [path to pkg-config])
AC_ARG_VAR([PKG_CONFIG_PATH], [folders that pkg-config searches first])
AC_ARG_VAR([PKG_CONFIG_LIBDIR], [folders that pkg-config searches instead of its own])
AS_IF([test -z "$PKG_CONFIG"], [
  AS_IF([test "x$cross_compiling$PKG_CONFIG_LIBDIR" = xyes],
    [AC_PATH_PROG([PKG_CONFIG], [$host_alias-pkg-config])],
    [AC_PATH_TOOL([PKG_CONFIG], [pkg-config])])])
])

# AOTI_FIND(VARIABLE, MODULE, LIBRARIES, PROLOGUE, BODY, IF-FOUND, IF-NOT) Sets and substitutes
# VARIABLE_CFLAGS and VARIABLE_LIBS. LIBRARIES are candidates, separated by commas, if pkg-config
# does not know MODULE.
AC_DEFUN([AOTI_FIND], [
AC_REQUIRE([AOTI_PKG_CONFIG])
AC_ARG_VAR([$1_CFLAGS], [compiler flags for $2])
AC_ARG_VAR([$1_LIBS], [linker flags for $2])
AC_MSG_CHECKING([for $2])
aoti_found=no aoti_saved_CPPFLAGS=$CPPFLAGS aoti_saved_LIBS=$LIBS
AS_IF([test -z "$$1_CFLAGS$$1_LIBS" && test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $2],
  [$1_CFLAGS=`$PKG_CONFIG --cflags $2` $1_LIBS=`$PKG_CONFIG --libs $2`])
for aoti_libraries in $3; do
  AS_IF([test $aoti_found = no], [
    aoti_try=${$1_LIBS:-`echo $aoti_libraries | $SED 's/,/ /g'`}
    CPPFLAGS="$aoti_saved_CPPFLAGS $$1_CFLAGS" LIBS="$aoti_try $aoti_saved_LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([$4], [$5])], [aoti_found=yes $1_LIBS=$aoti_try])])
done
CPPFLAGS=$aoti_saved_CPPFLAGS LIBS=$aoti_saved_LIBS
AS_IF([test $aoti_found = yes],
  [AC_MSG_RESULT([$$1_LIBS])
   $6],
  [AC_MSG_RESULT([no])
   $1_CFLAGS= $1_LIBS=
   $7])
])

# AOTI_LIBRARY(VARIABLE, MODULE, LIBRARY, HEADER, NEW-ENOUGH, VERSION, CALL, DEBIAN-PACKAGE)
# Libraries that are always required. NEW-ENOUGH is a preprocessor expression.
AC_DEFUN([AOTI_LIBRARY], [
AOTI_FIND([$1], [$2], [$3], [[
#include <$4>
#if !($5)
# error too old
#endif
]], [$7], [],
  [AC_MSG_ERROR([$2, version $6 or newer, is not here: install it (Debian: $8), or see config.log])])
])

# AOTI_SENTENCEPIECE: --without-sentencepiece leaves out the models that need the library.
AC_DEFUN([AOTI_SENTENCEPIECE], [
AC_ARG_WITH([sentencepiece],
  [AS_HELP_STRING([--without-sentencepiece], [do not run the rarer kinds of sentencepiece models])],
  [], [with_sentencepiece=check])
aoti_have_sentencepiece=no
AS_IF([test "x$with_sentencepiece" != xno], [
  AC_LANG_PUSH([C++])
  AOTI_FIND([SENTENCEPIECE], [sentencepiece], [-lsentencepiece],
    [#include <sentencepiece_processor.h>],
    [sentencepiece::SentencePieceProcessor processor; return processor.GetPieceSize();],
    [aoti_have_sentencepiece=yes])
  AC_LANG_POP([C++])
  AS_IF([test "x$aoti_have_sentencepiece$with_sentencepiece" = xnoyes],
    [AC_MSG_ERROR([sentencepiece does not link: install it (Debian: libsentencepiece-dev), or see config.log])])])
AM_CONDITIONAL([HAVE_SENTENCEPIECE], [test $aoti_have_sentencepiece = yes])
])

# AOTI_CHECK: the library of the unit tests; without it, or by --without-check, there are none.
AC_DEFUN([AOTI_CHECK], [
AC_ARG_WITH([check], [AS_HELP_STRING([--without-check], [leave the unit tests out])],
  [], [with_check=check])
aoti_have_check=no
AS_IF([test "x$with_check" != xno], [
  AOTI_FIND([CHECK], [check], [-lcheck -lcheck,-lsubunit,-lrt,-lm,-pthread],
    [[#include <check.h>]], [srunner_free(srunner_create(suite_create("")));],
    [aoti_have_check=yes])
  AS_IF([test "x$aoti_have_check$with_check" = xnoyes],
    [AC_MSG_ERROR([check does not link: install it (Debian: check), or see config.log])])])
AM_CONDITIONAL([HAVE_CHECK], [test $aoti_have_check = yes])
])
