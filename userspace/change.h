/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing the state of conduits within the active policy: the common part of
 * `otseg conduit` and `otseg island`. Also what others show of that state.
 */
#ifndef OTSEG_CHANGE_H
#define OTSEG_CHANGE_H

#include <jansson.h>

#include "command.h"
#include "net/backend.h"

struct otseg_active;

int otseg_change_run(const struct otseg_cli *cli, const struct otseg_change *change);
void otseg_change_show(const struct otseg_active *active, json_t *conduits);
void otseg_change_catch_up(struct otseg_genl *genl);

#endif /* OTSEG_CHANGE_H */
