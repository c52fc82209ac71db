/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may say what is enforced: signatures of policies, the certificates that they
 * are verified with, and which revision may follow.
 */
#ifndef OTSEG_SIGNATURE_H
#define OTSEG_SIGNATURE_H

#include <linux/types.h>

struct netlink_ext_ack;
struct otseg_image;
struct otseg_policy;
struct otseg_signer;

void otseg_signature_init(void);
void otseg_signature_exit(void);
int otseg_signature_verify(struct otseg_policy *policy, const void *signature, size_t len,
			   struct netlink_ext_ack *extack);
int otseg_signature_permit(const struct otseg_policy *policy, struct netlink_ext_ack *extack);
void otseg_signature_settle(const struct otseg_policy *policy);
int otseg_signature_require(void);
bool otseg_signature_is_required(void);
u32 otseg_signature_certificates(void);
u64 otseg_signature_least_revision(void);
const char *otseg_signature_by(const struct otseg_policy *policy);

#endif /* OTSEG_SIGNATURE_H */
