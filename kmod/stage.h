/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transaction: an image on its way from a socket into the policy store.
 */
#ifndef OTSEG_STAGE_H
#define OTSEG_STAGE_H

#include "../include/otseg/image.h"
#include "../include/uapi/linux/otseg.h"

struct netlink_ext_ack;
struct otseg_confirm_request;

/**
 * struct otseg_stage_info - how far the transaction is
 * @owner: port id of the socket that holds it, 0: there is none
 * @has_bound: interfaces have been bound for it
 * @state: how far it is
 * @size: bytes of the image
 * @received: bytes that have arrived
 * @digest: the digest that was announced
 */
struct otseg_stage_info {
	u32 owner;
	bool has_bound;
	enum otseg_stage_state state;
	u32 size;
	u32 received;
	u8 digest[OTSEG_DIGEST_LEN];
};

int otseg_stage_open(u32 owner, u32 size, const u8 *digest, struct netlink_ext_ack *extack);
int otseg_stage_add(u32 owner, u32 offset, const void *data, u32 len,
		    struct netlink_ext_ack *extack);
int otseg_stage_verify(u32 owner, const void *signature, size_t len,
		       struct netlink_ext_ack *extack);
int otseg_stage_commit(u32 owner, const u32 *expect_generation,
		       const struct otseg_confirm_request *confirm, u32 *generation,
		       struct netlink_ext_ack *extack);
int otseg_stage_abort(u32 owner, struct netlink_ext_ack *extack);
bool otseg_stage_binds(u32 owner);
void otseg_stage_release(u32 owner);
void otseg_stage_tell(struct otseg_stage_info *info);
void otseg_stage_exit(void);

#endif /* OTSEG_STAGE_H */
