/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Governing one device, for whoever finds that it has to be.
 */
#ifndef OTSEG_INTERFACE_H
#define OTSEG_INTERFACE_H

#include "command.h"
#include "net/attach.h"

struct otseg_active;

int otseg_interface_attach(const struct otseg_active *active, const struct otseg_device *device,
			   struct otseg_attachment *how);
int otseg_interface_remode(const struct otseg_active *active, const struct otseg_attachment *now,
			   enum otseg_attach_mode mode, struct otseg_attachment *at);
void otseg_interface_report(const struct otseg_cli *cli, const struct otseg_attachment *at);

#endif /* OTSEG_INTERFACE_H */
