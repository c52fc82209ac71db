/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of conduits beside the policy: which ones are opened, closed or granted
 * for a time, whether island mode is on, and the clock that ends a grant.
 */
#ifndef OTSEG_CONDUIT_H
#define OTSEG_CONDUIT_H

#include <linux/types.h>

#include "../include/otseg/image.h"
#include "../include/uapi/linux/otseg.h"

struct netlink_ext_ack;
struct otseg_policy;

/**
 * enum otseg_succession - how a policy follows another one
 * @OTSEG_SUCCESSION_STAY: to stay
 * @OTSEG_SUCCESSION_BACK: it comes back
 * @OTSEG_SUCCESSION_TRIAL: to be confirmed, else the one before comes back
 * @OTSEG_SUCCESSION_NEXT_TRIAL: the same, and the one before is unconfirmed: what comes back is
 *	the last confirmed one
 */
enum otseg_succession {
	OTSEG_SUCCESSION_STAY,
	OTSEG_SUCCESSION_BACK,
	OTSEG_SUCCESSION_TRIAL,
	OTSEG_SUCCESSION_NEXT_TRIAL,
};

/**
 * struct otseg_conduit_request - a change that is asked for
 * @change: what
 * @name: of the conduit; not looked at for island mode
 * @seconds: that it is granted for
 * @reason: what for; an empty string: it was not said
 */
struct otseg_conduit_request {
	enum otseg_conduit_change change;
	const char *name;
	u32 seconds;
	const char *reason;
};

/**
 * struct otseg_conduit_info - the state of a conduit
 * @name: its name; an empty string: this is about island mode
 * @state: of OTSEG_CONDUIT_STATE
 * @seconds_left: until its grant ends, 0 without one
 * @since_seconds: since it was changed
 * @reason: what for
 */
struct otseg_conduit_info {
	char name[OTSEG_NAME_MAX + 1];
	u32 state;
	u32 seconds_left;
	u32 since_seconds;
	char reason[OTSEG_REASON_MAX + 1];
};

void otseg_conduit_init(void);
int otseg_conduit_check(const struct otseg_image *image,
			const struct otseg_conduit_request *request,
			struct netlink_ext_ack *extack);
int otseg_conduit_change(const struct otseg_image *image, const struct otseg_image *back,
			 const struct otseg_conduit_request *request);
bool otseg_conduit_has_grants(void);
bool otseg_conduit_is_due(void);
void otseg_conduit_expire(void);
void otseg_conduit_retry(void);
void otseg_conduit_adopt(const struct otseg_policy *policy, enum otseg_succession how);
void otseg_conduit_settle(void);
void otseg_conduit_write(const struct otseg_policy *policy);
void otseg_conduit_compare(const struct otseg_image *old, const struct otseg_image *new);
void otseg_conduit_announce(const struct otseg_policy *policy);
bool otseg_conduit_tell(u32 index, struct otseg_conduit_info *info);
u32 otseg_conduit_seconds_left(const char *name);
void otseg_conduit_stop(void);
void otseg_conduit_exit(void);

#endif /* OTSEG_CONDUIT_H */
