# SPDX-License-Identifier: BSD-2-Clause
# What the programs find at run time. Nothing here is needed to compile them.

# AOTI_LIBTORCH: --with-libtorch=DIR names the folder that holds lib/libtorch_cpu.so (or the lib
# folder itself). AOTI_LIBTORCH in the environment overrides it at run time.
AC_DEFUN([AOTI_LIBTORCH], [
AC_ARG_WITH([libtorch],
  [AS_HELP_STRING([--with-libtorch=DIR], [where aoti-forward looks for libtorch, version 2.9 or newer])],
  [], [with_libtorch=])
AS_CASE([$with_libtorch],
  [yes|no], [with_libtorch=])
aoti_libtorch=$with_libtorch
AS_IF([test -n "$aoti_libtorch" && test -e "$aoti_libtorch/lib/libtorch_cpu.so"],
  [aoti_libtorch=$aoti_libtorch/lib])
AS_IF([test -n "$aoti_libtorch" && test ! -e "$aoti_libtorch/libtorch_cpu.so"],
  [AC_MSG_ERROR([no libtorch_cpu.so in $with_libtorch or $with_libtorch/lib])])
AC_SUBST([aoti_libtorch])
])

# AOTI_PYTHON: --with-python=PATH is the interpreter of aoti-build and aoti-eager, and of the
# tests that ask the reference; one with torch and transformers.
AC_DEFUN([AOTI_PYTHON], [
AC_ARG_WITH([python],
  [AS_HELP_STRING([--with-python=PATH], [Python interpreter with torch and transformers])],
  [PYTHON=$with_python], [AC_PATH_PROGS([PYTHON], [python3], [/usr/bin/python3])])
AC_SUBST([PYTHON])
])

# AOTI_CUDA: --with-cuda=DIR names a CUDA toolkit for our own kernels.
AC_DEFUN([AOTI_CUDA], [
AC_ARG_WITH([cuda],
  [AS_HELP_STRING([--with-cuda@<:@=DIR@:>@], [run CUDA packages; DIR holds the CUDA toolkit])],
  [], [with_cuda=no])
aoti_cuda=$with_cuda
AM_CONDITIONAL([WITH_CUDA], [test "x$with_cuda" != xno])
])
