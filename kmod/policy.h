/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy in the kernel: the region the datapath reads, the counters it writes
 * and the sysfs nodes that show them. One policy is active at any time; before
 * the first commit it is an empty one without an image, generation 0.
 */
#ifndef OTSEG_POLICY_H
#define OTSEG_POLICY_H

#include <linux/rcupdate.h>

#include "counters.h"
#include "image.h"
#include "mapping.h"
#include "names.h"

struct netlink_ext_ack;
struct otseg_conduit_request;
struct otseg_confirm_request;
struct otseg_node;
struct otseg_signer;

#define OTSEG_REGION_PAGES DIV_ROUND_UP(OTSEG_REGION_SIZE, PAGE_SIZE)
#define OTSEG_WHY_LEN 256 /* bytes of a sentence that says why an image is refused */

/**
 * struct otseg_policy - a policy that is, or is to become, active
 * @region: what bpf_otseg_policy() hands out; none in generation 0
 * @image: the image within @region, NULL in generation 0
 * @generation: 0 until it is committed
 * @since: the generation it was committed under, 0 until then; @generation is greater
 *	where the state of its conduits has changed since
 * @signer: who has signed it, NULL: nobody
 * @names: its names, NULL in generation 0
 * @counters: its counters
 * @nodes: sysfs nodes by kind (zone, conduit, rule) and record; an entry is NULL
 *	until its node exists
 */
struct otseg_policy {
	struct otseg_mapping region;
	const struct otseg_image *image;
	u32 generation;
	u32 since;
	const struct otseg_signer *signer;
	struct otseg_names *names;
	struct otseg_counters *counters;
	struct otseg_node **nodes[OTSEG_KIND_COUNT];
};

/**
 * struct otseg_policy_id - which policy it is
 * @generation: its generation
 * @digest: its digest
 */
struct otseg_policy_id {
	u32 generation;
	u8 digest[OTSEG_DIGEST_LEN];
};

int otseg_policy_init(void);
void otseg_policy_exit(void);
struct otseg_policy *otseg_policy_active(void);
struct otseg_policy *otseg_policy_create(struct page **pages, u32 size, const u8 *digest, char *why,
					 size_t why_len);
void otseg_policy_destroy(struct otseg_policy *policy);
int otseg_policy_commit(struct otseg_policy *policy, const u32 *expect_generation,
			const struct otseg_confirm_request *confirm, u32 *generation,
			struct netlink_ext_ack *extack);
int otseg_policy_confirm(const u32 *expect_generation, struct otseg_policy_id *told,
			 struct netlink_ext_ack *extack);
int otseg_policy_rollback(const u32 *expect_generation, struct otseg_policy_id *told,
			  struct netlink_ext_ack *extack);
void otseg_policy_expire(void);
int otseg_policy_change(const struct otseg_conduit_request *request, const u32 *expect_generation,
			u32 *generation, struct netlink_ext_ack *extack);
void otseg_policy_follow_time(void);
int otseg_policy_require_signed(void);
void otseg_policy_write(struct page **pages, u32 at, const void *from, u32 len);

#endif /* OTSEG_POLICY_H */
