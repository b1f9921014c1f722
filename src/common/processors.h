// SPDX-License-Identifier: BSD-2-Clause
// How many processors there are to compute with.

#ifndef AOTI_COMMON_PROCESSORS_H
#define AOTI_COMMON_PROCESSORS_H

// The number of processors that this process may run on, at least 1.
unsigned processors_usable(void);

#endif
