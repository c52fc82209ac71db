/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is not enforced: conduits in monitor mode, and interfaces that fail open, said wherever
 * somebody could believe that denied means dropped.
 */
#ifndef OTSEG_UNENFORCED_H
#define OTSEG_UNENFORCED_H

#include <jansson.h>
#include <stdio.h>

#include "active.h"

json_t *otseg_unenforced_json(const void *image, const struct otseg_active *active);
void otseg_unenforced_print(FILE *out, const char *prefix, const json_t *unenforced);

#endif /* OTSEG_UNENFORCED_H */
