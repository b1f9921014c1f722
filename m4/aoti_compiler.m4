# SPDX-License-Identifier: BSD-2-Clause
# AOTI_C11: the language of the sources. AOTI_HOT: flags for time-critical code, put after the
# user's CFLAGS. AOTI_WARNINGS: --enable-werror and --enable-sanitizers. Their flags go to AM_CFLAGS
# and AM_CXXFLAGS, so that the user's CFLAGS come last.

AC_DEFUN([AOTI_C11], [
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !defined __STDC_VERSION__ || __STDC_VERSION__ < 201112L
# error
#endif
_Static_assert(1, "");
]])], [], [AC_MSG_ERROR([$CC does not compile C11])])
])

AC_DEFUN([AOTI_HOT], [
AC_ARG_VAR([HOT_CFLAGS], [C compiler flags for src/common, src/text and kernels, after CFLAGS @<:@-O3, unless CFLAGS has -O0, -Og, -Os or -Oz@:>@])
AS_IF([test "x${HOT_CFLAGS+set}" != xset],
  [AS_CASE([" $CFLAGS "],
    [*" -O0 "* | *" -Og "* | *" -Os "* | *" -Oz "*], [HOT_CFLAGS=],
    [HOT_CFLAGS=-O3])])
])

AC_DEFUN([AOTI_WARNINGS], [
aoti_warnings="-Wall -Wextra"
AM_CFLAGS="-Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings"
AM_CXXFLAGS="-std=c++17"
AM_LDFLAGS=

AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors (for developers)])],
  [], [enable_werror=no])
AS_IF([test "x$enable_werror" = xyes], [aoti_warnings="$aoti_warnings -Werror"])

AC_ARG_ENABLE([sanitizers],
  [AS_HELP_STRING([--enable-sanitizers], [build with the address and undefined behavior sanitizers])],
  [], [enable_sanitizers=no])
AS_IF([test "x$enable_sanitizers" = xyes], [
  aoti_sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
  AM_LDFLAGS="$aoti_sanitizers"])

# Scores of pieces are compared, so float must be exactly float on processors with more precision
# (x87).
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[_Static_assert(__FLT_EVAL_METHOD__ == 0, "");]])], [],
  [AM_CFLAGS="$AM_CFLAGS -fexcess-precision=standard"])

AM_CFLAGS="$aoti_warnings $AM_CFLAGS $aoti_sanitizers"
AM_CXXFLAGS="$AM_CXXFLAGS $aoti_warnings $aoti_sanitizers"
AC_SUBST([AM_CFLAGS])
AC_SUBST([AM_CXXFLAGS])
AC_SUBST([AM_LDFLAGS])
AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])
])
