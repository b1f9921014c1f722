# SPDX-License-Identifier: BSD-2-Clause
# AOTI_MACHINE: selects what is built for the machine that the programs will run on. AOTI_FORWARD:
# builds aoti-forward where packages can run, unless --without-forward. Packages are for 64-bit,
# little-endian machines: a graph is a 64-bit shared object, and weights are mapped as safetensors
# stores them. Big-endian kernels would have to swap all weights at load, for machines that torch is
# not released for.

AC_DEFUN([AOTI_FORWARD], [
AC_ARG_WITH([forward],
  [AS_HELP_STRING([--without-forward], [do not build aoti-forward, which runs models])],
  [], [with_forward=check])
AC_C_BIGENDIAN([aoti_big_endian=yes], [aoti_big_endian=no])
AC_CHECK_SIZEOF([void *])
aoti_unable=
AS_IF([test $aoti_big_endian != no], [aoti_unable="packages are little-endian, $host_cpu is not"],
  [test "$ac_cv_sizeof_void_p" != 8], [aoti_unable="packages hold 64-bit code, $host_cpu runs 32-bit code"])
AS_CASE([$with_forward$aoti_unable],
  [no*], [aoti_forward="no: --without-forward"],
  [yes?*], [AC_MSG_ERROR([cannot build aoti-forward: $aoti_unable])],
  [check?*], [aoti_forward="no: $aoti_unable"
    AC_MSG_WARN([aoti-forward is not built: $aoti_unable])],
  [aoti_forward=yes])
AM_CONDITIONAL([WITH_FORWARD], [test "x$aoti_forward" = xyes])
# Freed memory stays in the process if the C library can be told so; musl cannot.
AC_CHECK_FUNC([mallopt], [aoti_mallopt=yes], [aoti_mallopt=no])
AM_CONDITIONAL([HAVE_MALLOPT], [test $aoti_mallopt = yes])
])

AC_DEFUN([AOTI_MACHINE], [
AM_CONDITIONAL([X86_64], [test "x$host_cpu" = xx86_64])

# Levels of 64-bit Arm: those whose flags the compiler knows, and that CFLAGS do not contradict.
DOTPROD_CFLAGS=-march=armv8.2-a+dotprod
BF16_CFLAGS=-march=armv8.2-a+dotprod+bf16
aoti_aarch64=no
AS_IF([test "x$host_cpu" = xaarch64], [
  AC_MSG_CHECKING([whether $CC multiplies bfloat16 by NEON])
  aoti_saved_CFLAGS=$CFLAGS
  CFLAGS="$BF16_CFLAGS $CFLAGS"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <arm_neon.h>]],
    [[bfloat16x8_t pairs = vld1q_bf16(0);
      int8x16_t bytes = vld1q_s8(0);
      vst1q_f32(0, vbfmmlaq_f32(vdupq_n_f32(0), pairs, pairs));
      vst1q_s32(0, vdotq_s32(vdupq_n_s32(0), bytes, bytes));]])],
    [aoti_aarch64=yes])
  CFLAGS=$aoti_saved_CFLAGS
  AC_MSG_RESULT([$aoti_aarch64])
  AS_IF([test $aoti_aarch64 = no], [AC_MSG_WARN([aoti-forward will have no kernels for Arm but the portable ones])])
])
AC_SUBST([DOTPROD_CFLAGS])
AC_SUBST([BF16_CFLAGS])
AM_CONDITIONAL([AARCH64], [test $aoti_aarch64 = yes])
AM_CONDITIONAL([OTHER_CPU], [test "x$host_cpu" != xx86_64 && test $aoti_aarch64 = no])
])
