/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Client of the module's generic-netlink family, as Documentation/netlink/specs/otseg.yaml
 * has it. Every function says on stderr what the module said, and returns a
 * negative errno.
 */
#ifndef OTSEG_GENL_H
#define OTSEG_GENL_H

#include <stdbool.h>
#include <stddef.h>

#include "linux/otseg.h"
#include "otseg/types.h"

struct otseg_blob;
struct otseg_change;
struct otseg_genl;

/**
 * struct otseg_genl_status - what the module says of itself and its policy
 * @version: of the module
 * @name: of the active policy
 * @digest: of the active policy
 * @state: enum otseg_policy_state
 * @generation: of the active policy, 0 without one
 * @image_version: image format that the module takes
 * @image_size: bytes of the active image
 * @counter_count: counters of its counter block
 * @flags: enum otseg_status_flag
 * @revision: of the active policy
 * @signer: who has signed it, empty: nobody
 * @certificates: that signatures are verified with
 * @least_revision: that may follow where signatures are required
 */
struct otseg_genl_status {
	char version[32];
	char name[OTSEG_NAME_MAX + 1];
	u8 digest[OTSEG_DIGEST_SIZE];
	u32 state;
	u32 generation;
	u32 image_version;
	u32 image_size;
	u32 counter_count;
	u32 flags;
	u64 revision;
	char signer[OTSEG_SIGNER_MAX + 1];
	u32 certificates;
	u64 least_revision;
};

/**
 * struct otseg_genl_policy - the active policy, and whether it is there to stay
 * @generation: its generation, 0: none is active
 * @since: the generation that it was committed under; the state of conduits counts it up
 * @name: its name
 * @digest: its digest
 * @confirm_state: enum otseg_confirm_state
 * @state_seconds: for how long it has been in that state
 * @seconds_left: until the rollback, while it is unconfirmed
 * @fallback_name: of the policy that comes back, while it is unconfirmed
 * @fallback_digest: its digest
 */
struct otseg_genl_policy {
	u32 generation;
	u32 since;
	char name[OTSEG_NAME_MAX + 1];
	u8 digest[OTSEG_DIGEST_SIZE];
	u32 confirm_state;
	u32 state_seconds;
	u32 seconds_left;
	char fallback_name[OTSEG_NAME_MAX + 1];
	u8 fallback_digest[OTSEG_DIGEST_SIZE];
};

/**
 * struct otseg_genl_try - a commit that has to be confirmed
 * @seconds: until the policy before comes back
 * @provisional: indices of the interfaces that were attached for it
 * @n_provisional: their number
 */
struct otseg_genl_try {
	u32 seconds;
	const u32 *provisional;
	size_t n_provisional;
};

/**
 * struct otseg_genl_interface - one interface that the module guards
 * @ifindex: 0 while the device is absent
 * @device: present name
 * @role: the policy's name for it
 * @present: the device exists
 * @bound: by interface-bind
 * @governed: by the module's parameter
 * @guarded: frames without the mark are dropped
 * @xdp_mode: enum otseg_xdp_mode
 * @unguarded: frames that the guard dropped
 * @marked: a frame with the mark has come since the datapath was attached
 * @lost: frames without it that have come since then by a driver that runs a program
 * @fail_open: frames without it pass, as the policy says
 * @failed_open: how many have
 */
struct otseg_genl_interface {
	u32 ifindex;
	char device[OTSEG_DEVICE_MAX + 1];
	char role[OTSEG_DEVICE_MAX + 1];
	bool present;
	bool bound;
	bool governed;
	bool guarded;
	u32 xdp_mode;
	u64 unguarded;
	bool marked;
	u64 lost;
	bool fail_open;
	u64 failed_open;
};

/**
 * struct otseg_genl_conduit - a conduit that has been opened, closed or granted
 * @name: its name
 * @flags: enum otseg_conduit_flag
 * @seconds_left: until the end of its grant
 * @since_s: seconds since it was changed
 * @reason: what for
 */
struct otseg_genl_conduit {
	char name[OTSEG_NAME_MAX + 1];
	u32 flags;
	u32 seconds_left;
	u32 since_s;
	char reason[OTSEG_REASON_MAX + 1];
};

/**
 * struct otseg_genl_news - what the module tells by itself
 * @is_unenforced: of what is not enforced; else of a conduit, or island mode
 * @name: of the conduit, or of the policy; empty: island mode
 * @change: enum otseg_conduit_change
 * @seconds_left: of a grant
 * @reason: what for
 * @conduits: that are in monitor mode
 * @of: that are in force
 */
struct otseg_genl_news {
	bool is_unenforced;
	char name[OTSEG_NAME_MAX + 1];
	u32 change;
	u32 seconds_left;
	char reason[OTSEG_REASON_MAX + 1];
	u32 conduits;
	u32 of;
};

int otseg_genl_open(struct otseg_genl **genl);
int otseg_genl_listen(struct otseg_genl **genl);
int otseg_genl_hear(struct otseg_genl *genl, struct otseg_genl_news *news);
void otseg_genl_close(struct otseg_genl *genl);
int otseg_genl_status_get(struct otseg_genl *genl, struct otseg_genl_status *status);
int otseg_genl_policy_stage(struct otseg_genl *genl, const struct otseg_blob *image,
			    const struct otseg_blob *signature);
int otseg_genl_policy_commit(struct otseg_genl *genl, u32 expect_generation, u32 *generation);
int otseg_genl_policy_get(struct otseg_genl *genl, struct otseg_genl_policy *policy);
int otseg_genl_policy_try(struct otseg_genl *genl, u32 expect_generation,
			  const struct otseg_genl_try *how, u32 *generation);
int otseg_genl_policy_confirm(struct otseg_genl *genl, u32 generation);
int otseg_genl_policy_rollback(struct otseg_genl *genl, u32 *generation);
int otseg_genl_policy_abort(struct otseg_genl *genl);
int otseg_genl_policy_read(struct otseg_genl *genl, struct otseg_blob *image, u32 *generation);
int otseg_genl_interface_bind(struct otseg_genl *genl, u32 ifindex, const char *role,
			      bool is_provisional);
int otseg_genl_interface_unbind(struct otseg_genl *genl, u32 ifindex, const char *role);
int otseg_genl_interface_list(struct otseg_genl *genl, struct otseg_genl_interface **list,
			      size_t *n_list);
int otseg_genl_conduit_set(struct otseg_genl *genl, const struct otseg_change *change,
			   u32 *generation);
int otseg_genl_conduit_list(struct otseg_genl *genl, struct otseg_genl_conduit **list,
			    size_t *n_list);
int otseg_genl_counters_get(struct otseg_genl *genl, u32 generation, u32 first, u32 count,
			    u64 *values);

#endif /* OTSEG_GENL_H */
