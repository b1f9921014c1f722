// SPDX-License-Identifier: BSD-2-Clause
// Number of processors.

#ifndef AOTI_COMMON_PROCESSORS_H
#define AOTI_COMMON_PROCESSORS_H

// Returns the number of processors that this process may run on, at least 1.
unsigned processors_usable(void);

#endif
