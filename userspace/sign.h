/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures of policies: made here, verified by the module. One can be verified
 * here as well, before it travels.
 */
#ifndef OTSEG_SIGN_H
#define OTSEG_SIGN_H

#include "policy/policy.h"

int otseg_sign_make(const struct otseg_blob *image, const char *key, const char *certificate,
		    struct otseg_blob *signature, char **signer);
int otseg_sign_read(const char *path, struct otseg_blob *signature);
int otseg_sign_check(const struct otseg_blob *image, const struct otseg_blob *signature,
		     const char *certificate, char **signer);

#endif /* OTSEG_SIGN_H */
