/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The confirmation of a policy: whether the active one is there to stay, and
 * the clock that brings the last confirmed one back if nobody says so.
 */
#ifndef OTSEG_CONFIRM_H
#define OTSEG_CONFIRM_H

#include <linux/types.h>

#include "../include/otseg/image.h"
#include "../include/uapi/linux/otseg.h"

struct netlink_ext_ack;
struct otseg_interface;

/**
 * struct otseg_confirm_request - how a commit wants to be confirmed
 * @seconds: until the last confirmed policy comes back
 * @provisional: indices of bound devices that the datapath runs on for this policy's sake
 * @n_provisional: their number, at most OTSEG_PROVISIONAL_MAX
 */
struct otseg_confirm_request {
	u32 seconds;
	const u32 *provisional;
	u32 n_provisional;
};

/**
 * struct otseg_confirm_info - whether the active policy is there to stay
 * @state: whether it is
 * @state_seconds: for how long that has been so
 * @seconds_left: until the rollback, if it is unconfirmed
 * @name: of the policy that comes back, if it is unconfirmed
 * @digest: its digest
 */
struct otseg_confirm_info {
	enum otseg_confirm_state state;
	u32 state_seconds;
	u32 seconds_left;
	char name[OTSEG_NAME_MAX + 1];
	u8 digest[OTSEG_DIGEST_LEN];
};

void otseg_confirm_init(void);
void otseg_confirm_prepare(const struct otseg_confirm_request *request);
void otseg_confirm_begin(const struct otseg_confirm_request *request,
			 const struct otseg_image *back);
int otseg_confirm_check(const char *role, bool is_provisional, struct netlink_ext_ack *extack);
void otseg_confirm_bind(struct otseg_interface *interface, bool is_provisional, u32 owner);
void otseg_confirm_end(enum otseg_confirm_state state);
void otseg_confirm_adopt(u32 owner);
void otseg_confirm_release(u32 owner);
bool otseg_confirm_is_over(void);
void otseg_confirm_tell(struct otseg_confirm_info *info);
void otseg_confirm_exit(void);

#endif /* OTSEG_CONFIRM_H */
