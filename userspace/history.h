/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered on disk, below /var/lib/otseg or OTSEG_STATE_DIR: who put
 * which policy in force, and the policy before, for a rollback, with its signature; and what kept.c
 * has there. Nothing of it is needed to enforce: what cannot be written is told and holds up nothing.
 */
#ifndef OTSEG_HISTORY_H
#define OTSEG_HISTORY_H

#include <jansson.h>

#include "net/genl.h"
#include "policy/policy.h"

/**
 * struct otseg_history_entry - one line of the history, but for who and when
 * @command: what was asked for
 * @result: what came of it
 * @why: why it was refused; NULL: nothing to say
 * @file: where the policy was read from, or NULL
 * @reason: what for, as the operator says; or NULL
 * @signer: who has signed the policy, or NULL
 * @image: the policy, or NULL
 * @generation: that it got, 0: none
 * @confirm_s: seconds in which it has to be confirmed, 0: it is
 * @conduit: whose state was to change, or NULL
 * @for_s: seconds that it is granted for
 */
struct otseg_history_entry {
	const char *command;
	const char *result;
	const char *why;
	const char *file;
	const char *reason;
	const char *signer;
	const void *image;
	u32 generation;
	u32 confirm_s;
	const char *conduit;
	u32 for_s;
};

#define OTSEG_STATE_PATH 4096 /* bytes of the path of a file that is kept */

int otseg_history_path(char path[OTSEG_STATE_PATH], const char *name);
int otseg_history_lock(void);
int otseg_history_keep(const char *name, const struct otseg_blob *blob);
void otseg_history_add(const struct otseg_history_entry *entry);
void otseg_history_catch_up(const struct otseg_genl_policy *policy);
void otseg_history_grants(const struct otseg_genl_conduit *list, size_t n_list);
int otseg_history_read(json_t *list, size_t *n_damaged);

void otseg_previous_keep(const void *successor, const struct otseg_blob *image);
void otseg_previous_forget(const void *successor);
void otseg_previous_clean(const void *active);
int otseg_previous_read(const void *active, struct otseg_blob *image);

void otseg_signature_keep(const void *image, const struct otseg_blob *signature);
int otseg_signature_find(struct otseg_genl *genl, const void *image, struct otseg_blob *signature);
int otseg_signature_read(const void *image, struct otseg_blob *signature, bool is_needed);

#endif /* OTSEG_HISTORY_H */
