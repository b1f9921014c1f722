# SPDX-License-Identifier: BSD-2-Clause
# Libraries are found by pkg-config where it is installed, else by a plain link test.

# AOTI_LIBRARY(VARIABLE, MODULE, HEADER, FUNCTION, LIBRARY, DEBIAN-PACKAGE)
# Sets and substitutes VARIABLE_CFLAGS and VARIABLE_LIBS, or fails naming what to install.
AC_DEFUN([AOTI_LIBRARY], [
AC_ARG_VAR([$1_CFLAGS], [C compiler flags for $2])
AC_ARG_VAR([$1_LIBS], [linker flags for $2])
AC_CHECK_PROG([PKG_CONFIG], [pkg-config], [pkg-config])
AS_IF([test -z "$$1_LIBS"], [
  AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $2],
    [$1_CFLAGS=`$PKG_CONFIG --cflags $2` $1_LIBS=`$PKG_CONFIG --libs $2`],
    [$1_LIBS=-l$5])])
aoti_saved_CPPFLAGS=$CPPFLAGS aoti_saved_LIBS=$LIBS
CPPFLAGS="$CPPFLAGS $$1_CFLAGS" LIBS="$$1_LIBS $LIBS"
AC_CHECK_HEADER([$3], [], [AC_MSG_ERROR([$3 not found: install $2 (Debian: $6)])])
AC_MSG_CHECKING([for $4 in $$1_LIBS])
AC_LINK_IFELSE([AC_LANG_CALL([], [$4])], [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   AC_MSG_ERROR([$2 does not link: install it (Debian: $6)])])
CPPFLAGS=$aoti_saved_CPPFLAGS LIBS=$aoti_saved_LIBS
])

# AOTI_SENTENCEPIECE: --without-sentencepiece leaves the reader of its .model files out.
AC_DEFUN([AOTI_SENTENCEPIECE], [
AC_ARG_WITH([sentencepiece],
  [AS_HELP_STRING([--without-sentencepiece], [do not read sentencepiece models])],
  [], [with_sentencepiece=check])
AC_ARG_VAR([SENTENCEPIECE_CFLAGS], [C++ compiler flags for sentencepiece])
AC_ARG_VAR([SENTENCEPIECE_LIBS], [linker flags for sentencepiece])
aoti_have_sentencepiece=no
AS_IF([test "x$with_sentencepiece" != xno], [
  : ${SENTENCEPIECE_LIBS=-lsentencepiece}
  AC_LANG_PUSH([C++])
  aoti_saved_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS $SENTENCEPIECE_CFLAGS"
  AC_CHECK_HEADER([sentencepiece_processor.h], [aoti_have_sentencepiece=yes])
  CPPFLAGS=$aoti_saved_CPPFLAGS
  AC_LANG_POP([C++])
  AS_IF([test "x$aoti_have_sentencepiece$with_sentencepiece" = xnoyes],
    [AC_MSG_ERROR([sentencepiece not found: install it (Debian: libsentencepiece-dev)])])])
AS_IF([test $aoti_have_sentencepiece = no], [SENTENCEPIECE_LIBS=])
AM_CONDITIONAL([HAVE_SENTENCEPIECE], [test $aoti_have_sentencepiece = yes])
])

# AOTI_CHECK: the library that the unit tests use; without it they are skipped.
AC_DEFUN([AOTI_CHECK], [
AC_ARG_VAR([CHECK_CFLAGS], [C compiler flags for check])
AC_ARG_VAR([CHECK_LIBS], [linker flags for check])
aoti_have_check=no
AC_CHECK_PROG([PKG_CONFIG], [pkg-config], [pkg-config])
AS_IF([test -z "$CHECK_LIBS" && test -n "$PKG_CONFIG" && $PKG_CONFIG --exists check],
  [CHECK_CFLAGS=`$PKG_CONFIG --cflags check` CHECK_LIBS=`$PKG_CONFIG --libs check`])
AC_CHECK_HEADER([check.h], [aoti_have_check=yes])
AS_IF([test $aoti_have_check = yes], [: ${CHECK_LIBS=-lcheck}])
AM_CONDITIONAL([HAVE_CHECK], [test $aoti_have_check = yes])
])
