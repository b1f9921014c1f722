# SPDX-License-Identifier: BSD-2-Clause
# Programs and libraries used at run time. Nothing here is needed for compiling.

# AOTI_LIBTORCH: --with-libtorch=DIR names the folder that holds lib/libtorch_cpu.so, or that lib
# folder. AOTI_LIBTORCH in the environment overrides it at run time.
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

# AOTI_PYTHON: --with-python=PATH is the interpreter of aoti-build, aoti-eager and the tests against
# the reference, with torch and transformers. Only tests run it, so a cross build names the host's.
# --without-python leaves these programs out.
AC_DEFUN([AOTI_PYTHON], [
AC_ARG_WITH([python],
  [AS_HELP_STRING([--with-python=PATH], [Python interpreter with torch and transformers])],
  [], [with_python=yes])
AS_CASE([$with_python],
  [no], [PYTHON=no],
  [yes], [AC_PATH_PROG([PYTHON], [python3], [no])],
  [PYTHON=$with_python])
AC_SUBST([PYTHON])
AM_CONDITIONAL([WITH_PYTHON], [test "x$PYTHON" != xno])
])

# AOTI_CUDA: --with-cuda=DIR names a CUDA toolkit for the builtin kernels. Building needs nothing
# else, and running needs only the driver.
AC_DEFUN([AOTI_CUDA], [
AC_ARG_WITH([cuda],
  [AS_HELP_STRING([--with-cuda@<:@=DIR@:>@], [run CUDA packages; DIR holds the CUDA toolkit @<:@default: if nvcc is found@:>@])],
  [], [with_cuda=auto])
AC_ARG_VAR([NVCC], [CUDA compiler])
AC_ARG_VAR([NVCCFLAGS], [CUDA compiler flags])
AC_ARG_VAR([CUDA_ARCHITECTURES], [compute capabilities that kernels are compiled for, such as "80 90"])
aoti_cuda=no
AS_IF([test "x$aoti_forward" != xyes], [with_cuda=no])
AS_CASE([$with_cuda],
  [no], [],
  [yes|auto], [AC_PATH_PROG([NVCC], [nvcc], [], [$PATH$PATH_SEPARATOR/usr/local/cuda/bin])],
  [AC_PATH_PROG([NVCC], [nvcc], [], [$with_cuda/bin])])
AS_IF([test "x$with_cuda" != xno && test -n "$NVCC"], [
  : ${NVCCFLAGS="-O3 -Xfatbin -compress-all"}
  : ${CUDA_ARCHITECTURES=80 86 89 90 100}
  AS_IF([test "x$with_cuda" = xyes || test "x$with_cuda" = xauto],
    [aoti_cuda_folder=`dirname "$NVCC"`/..], [aoti_cuda_folder=$with_cuda])
  CUDA_CPPFLAGS=
  AS_IF([test -f "$aoti_cuda_folder/include/cuda.h"],
    [CUDA_CPPFLAGS="-isystem $aoti_cuda_folder/include"])
  CUDA_CODE=-std=c++17
  for aoti_number in $CUDA_ARCHITECTURES; do
    # Code for 90a has wgmma; it runs wherever code for 90 does.
    AS_CASE([$aoti_number], [90], [aoti_code=90a], [aoti_code=$aoti_number])
    CUDA_CODE="$CUDA_CODE -gencode=arch=compute_$aoti_code,code=sm_$aoti_code"
  done
  CUDA_CODE="$CUDA_CODE -gencode=arch=compute_$aoti_number,code=compute_$aoti_number"
  AC_MSG_CHECKING([whether $NVCC compiles for $CUDA_ARCHITECTURES])
  echo '__global__ void nothing(void) {}' >conftest.cu
  AS_IF([$NVCC $NVCCFLAGS $CUDA_CODE -fatbin -o conftest.fatbin conftest.cu >&AS_MESSAGE_LOG_FD 2>&1],
    [aoti_cuda="$CUDA_ARCHITECTURES"])
  AC_MSG_RESULT([$aoti_cuda])
  rm -f conftest.cu conftest.fatbin
])
AS_IF([test "x$aoti_cuda" = xno && test "x$with_cuda" != xno && test "x$with_cuda" != xauto],
  [AC_MSG_ERROR([no usable CUDA compiler: see config.log, or give --without-cuda])])
AC_SUBST([CUDA_CPPFLAGS])
AC_SUBST([CUDA_CODE])
AM_CONDITIONAL([WITH_CUDA], [test "x$aoti_cuda" != xno])
])
