/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a command's policy comes from: a policy file, an image file, or what is
 * active on this host. In all cases what comes out is a checked image.
 */
#ifndef OTSEG_SOURCE_H
#define OTSEG_SOURCE_H

#include "policy/policy.h"

int otseg_source_policy(const char *path, struct otseg_blob *image, struct otseg_diag *diag);
bool otseg_source_is_image(const char *path);
int otseg_source_image(const char *path, struct otseg_blob *image);
int otseg_source_any(const char *path, struct otseg_blob *image, struct otseg_diag *diag);
int otseg_source_active(struct otseg_blob *image);

#endif /* OTSEG_SOURCE_H */
