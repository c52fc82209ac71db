/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host does with otseg when it starts: close what is governed, then put the last
 * confirmed policy in force.
 */
#ifndef OTSEG_BOOT_H
#define OTSEG_BOOT_H

#include "command.h"

int otseg_boot_close_run(const struct otseg_cli *cli);
int otseg_boot_restore_run(const struct otseg_cli *cli);

#endif /* OTSEG_BOOT_H */
