/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What comes back when the host starts: the last confirmed policy, and what somebody has
 * closed. And what is closed until it does.
 */
#ifndef OTSEG_BOOT_H
#define OTSEG_BOOT_H

#include "command.h"
#include "net/backend.h"

void otseg_boot_keep(const struct otseg_blob *image, enum otseg_backend_id backend);
void otseg_boot_change(const struct otseg_change *change);
void otseg_boot_forget(void);
int otseg_boot_close_run(const struct otseg_cli *cli);
int otseg_boot_restore_run(const struct otseg_cli *cli);

#endif /* OTSEG_BOOT_H */
