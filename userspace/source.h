/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a command's policy comes from: a policy file, an image file, or what is
 * active on this host. In all cases what comes out is a checked image, which can be
 * put into a file.
 */
#ifndef OTSEG_SOURCE_H
#define OTSEG_SOURCE_H

#include <sys/types.h>

#include "policy/policy.h"

int otseg_source_policy(const char *path, struct otseg_blob *image, struct otseg_diag *diag);
bool otseg_source_is_image(const char *path);
int otseg_source_read(const char *path, struct otseg_blob *blob, size_t max);
int otseg_source_image(const char *path, struct otseg_blob *image);
int otseg_source_any(const char *path, struct otseg_blob *image, struct otseg_diag *diag);
int otseg_source_active(struct otseg_blob *image, char **signer);
int otseg_source_write(const char *path, const struct otseg_blob *image, mode_t mode);

#endif /* OTSEG_SOURCE_H */
