/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching interfaces of the policy that appear while it is in force.
 */
#ifndef OTSEG_WATCH_H
#define OTSEG_WATCH_H

#include "command.h"

int otseg_watch_run(const struct otseg_cli *cli);

#endif /* OTSEG_WATCH_H */
