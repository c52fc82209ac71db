/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept for the next start of the host: the last confirmed policy with what somebody has
 * closed, who owns it, and the interfaces that it governs.
 */
#ifndef OTSEG_KEPT_H
#define OTSEG_KEPT_H

#include "active.h"

#define OTSEG_KEPT_WHY 256 /* bytes of a sentence */

/**
 * struct otseg_kept - what was kept, read back
 * @image: the policy, with what is closed in it; empty: it cannot be used
 * @image_why: why
 * @owner: who owned it; NONE: that is not known
 * @owner_why: why
 * @closed: an image whose interfaces can be closed although @image cannot be used; or empty
 * @is_blind: it has every interface of the host, as nothing tells which ones were governed
 */
struct otseg_kept {
	struct otseg_blob image;
	char image_why[OTSEG_KEPT_WHY];
	enum otseg_backend_id owner;
	char owner_why[OTSEG_KEPT_WHY];
	struct otseg_blob closed;
	bool is_blind;
};

int otseg_kept_read(struct otseg_kept *kept);
void otseg_kept_tell(const struct otseg_kept *kept);
void otseg_kept_free(struct otseg_kept *kept);
int otseg_kept_sync(void);
bool otseg_kept_is_current(const struct otseg_active *active);
void otseg_kept_forget(void);

/**
 * otseg_kept_links - the image whose interfaces are to be closed
 * @kept: what was kept
 *
 * Return: the image; empty if there is none.
 */
static inline const struct otseg_blob *otseg_kept_links(const struct otseg_kept *kept)
{
	return kept->image.data ? &kept->image : &kept->closed;
}

#endif /* OTSEG_KEPT_H */
