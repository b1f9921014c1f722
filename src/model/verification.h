// SPDX-License-Identifier: BSD-2-Clause
// Verifies that the bytes of a package are those that were built.

#ifndef AOTI_MODEL_VERIFICATION_H
#define AOTI_MODEL_VERIFICATION_H

#include "model/package.h"

// Compares every member with its SHA-256 in the metadata, as a whole or by pieces, or with its
// CRC-32 if there is none, using one thread per processor. Dies with STATUS_PACKAGE, naming the
// member, if one differs.
void verification_run(const struct package *package);

#endif
