/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting a policy in force.
 */
#ifndef OTSEG_APPLY_H
#define OTSEG_APPLY_H

#include <jansson.h>

#include "command.h"
#include "net/pin.h"
#include "policy/policy.h"

struct otseg_active;

/**
 * struct otseg_apply_options - how a policy is put in force, and for the history why
 * @command: what was asked for
 * @wanted: who is to own it; NONE: the module if there is one
 * @confirm_s: seconds in which it has to be confirmed, 0: it is
 * @file: where it was read from, or NULL
 * @reason: what for, or NULL
 * @signature: of the image, or NULL
 * @state: an image that bears the state to begin with where nothing is in force, or NULL;
 *	map-backed only
 */
struct otseg_apply_options {
	const char *command;
	enum otseg_backend_id wanted;
	u32 confirm_s;
	const char *file;
	const char *reason;
	const struct otseg_blob *signature;
	const void *state;
};

int otseg_apply_policy(const struct otseg_cli *cli, const struct otseg_blob *image,
		       const struct otseg_apply_options *options);
int otseg_apply_closed(const struct otseg_blob *image);
int otseg_apply_settle(struct otseg_active *active, json_t *released);

#endif /* OTSEG_APPLY_H */
