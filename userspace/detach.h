/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ending enforcement, on one interface or on all of them.
 */
#ifndef OTSEG_DETACH_H
#define OTSEG_DETACH_H

#include "command.h"

int otseg_detach_run(const struct otseg_cli *cli, const char *device);

#endif /* OTSEG_DETACH_H */
