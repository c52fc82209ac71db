/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What protects an interface: the datapath, the guard behind it, and whether the mark gets from
 * one to the other. Said the same way by whoever shows interfaces, and loudly where one is not
 * protected as it should be.
 */
#ifndef OTSEG_PROTECTION_H
#define OTSEG_PROTECTION_H

#include <jansson.h>
#include <stdio.h>

#include "active.h"

/**
 * enum otseg_trouble - what an interface lacks of its protection
 * @OTSEG_TROUBLE_NONE: nothing
 * @OTSEG_TROUBLE_NOT_ATTACHED: the policy names it, and no program runs on it
 * @OTSEG_TROUBLE_FOREIGN: a program runs on it that is not the datapath
 * @OTSEG_TROUBLE_MARK_LOST: its driver loses the mark, so its guard stops everything
 */
enum otseg_trouble {
	OTSEG_TROUBLE_NONE,
	OTSEG_TROUBLE_NOT_ATTACHED,
	OTSEG_TROUBLE_FOREIGN,
	OTSEG_TROUBLE_MARK_LOST,
};

/**
 * struct otseg_protection - what protects one interface
 * @role: the policy's name for it
 * @device: its device; without a name if there is none
 * @at: the datapath's attachment, NULL: none
 * @guard: its guard, NULL: none that is on duty
 * @prog_id: the program that runs on it, 0: none
 * @mode: how that runs
 * @is_wire: an end of a wire
 * @in_policy: the policy names it
 * @trouble: what it lacks
 */
struct otseg_protection {
	const char *role;
	struct otseg_device device;
	const struct otseg_attachment *at;
	const struct otseg_genl_interface *guard;
	u32 prog_id;
	enum otseg_attach_mode mode;
	bool is_wire;
	bool in_policy;
	enum otseg_trouble trouble;
};

void otseg_protection_get(const struct otseg_active *active, const char *role,
			  struct otseg_protection *protection);
const char *otseg_protection_word(const struct otseg_protection *protection);
const char *otseg_protection_state(const struct otseg_protection *protection);
json_t *otseg_protection_trouble(const struct otseg_protection *protection);
json_t *otseg_protection_troubles(const struct otseg_active *active);

#endif /* OTSEG_PROTECTION_H */
