/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a policy after it was applied: confirmed or rolled back, and
 * remembered.
 */
#ifndef OTSEG_CONFIRM_H
#define OTSEG_CONFIRM_H

#include "command.h"

int otseg_confirm_run(const struct otseg_cli *cli, const char *reason);
int otseg_rollback_run(const struct otseg_cli *cli, bool to_previous, const char *reason);
int otseg_history_run(const struct otseg_cli *cli);

#endif /* OTSEG_CONFIRM_H */
