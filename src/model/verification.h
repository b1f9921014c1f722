// SPDX-License-Identifier: BSD-2-Clause
// Whether the bytes of a package are those that were built.

#ifndef AOTI_MODEL_VERIFICATION_H
#define AOTI_MODEL_VERIFICATION_H

#include "model/package.h"

// Compares every member with the SHA-256 that the metadata has for it or for its pieces, or with
// its CRC-32 where there is none; by as many threads as there are processors. Ends with
// STATUS_PACKAGE, naming a member that differs.
void verification_run(const struct package *package);

#endif
