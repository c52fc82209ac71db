/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting a policy in force.
 */
#ifndef OTSEG_APPLY_H
#define OTSEG_APPLY_H

#include "command.h"
#include "net/pin.h"
#include "policy/policy.h"

int otseg_apply_policy(const struct otseg_cli *cli, const struct otseg_blob *image,
		       enum otseg_backend_id wanted);

#endif /* OTSEG_APPLY_H */
