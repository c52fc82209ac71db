/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saying what is not enforced: conduits in monitor mode.
 */
#ifndef OTSEG_UNENFORCED_H
#define OTSEG_UNENFORCED_H

struct otseg_policy;

void otseg_unenforced_follow(const struct otseg_policy *policy);
void otseg_unenforced_exit(void);

#endif /* OTSEG_UNENFORCED_H */
