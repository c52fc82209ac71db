/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attachments of the datapath to interfaces: the pinned BPF links, and for each
 * its entry in the datapath's table of governed interfaces.
 */
#ifndef OTSEG_ATTACH_H
#define OTSEG_ATTACH_H

#include <stddef.h>

#include "bpf.h"
#include "link.h"

enum otseg_attach_mode {
	OTSEG_ATTACH_AUTO, /* native, generic where the driver cannot */
	OTSEG_ATTACH_NATIVE,
	OTSEG_ATTACH_GENERIC,
};

/* In the flags of struct otseg_link, for the tool: attached by hand, no policy lets go of it. */
#define OTSEG_LINK_BY_HAND 0x80000000u

/* The same: taken down by the mirror of its wire (mirror.c), not by an administrator. */
#define OTSEG_LINK_HELD 0x40000000u

/* The same: natively by somebody's explicit wish. */
#define OTSEG_LINK_NATIVE 0x20000000u

/* The same: in generic mode because its driver loses the mark. */
#define OTSEG_LINK_LOSES_MARK 0x10000000u

/**
 * struct otseg_attachment - one governed interface
 * @device: the device; its name is empty when the device is gone
 * @role: the policy's name for it
 * @link_flags: flags of its struct otseg_link
 * @peer: the other end of its wire, 0: none
 * @since_s: when the datapath began to run on it, as in struct otseg_link
 * @prog_id: the program that runs on it
 * @is_foreign: that is not the datapath
 * @mode: NATIVE or GENERIC
 */
struct otseg_attachment {
	struct otseg_device device;
	char role[OTSEG_DEVICE_NAME];
	u32 link_flags;
	u32 peer;
	u32 since_s;
	u32 prog_id;
	bool is_foreign;
	enum otseg_attach_mode mode;
};

int otseg_attach_list(const struct otseg_pins *pins, const struct otseg_bpf *bpf,
		      struct otseg_attachment **list, size_t *n_list);
const struct otseg_attachment *otseg_attach_find(const struct otseg_attachment *list, size_t n_list,
						 const char *role);
int otseg_attach_add(const struct otseg_pins *pins, const struct otseg_bpf *bpf,
		     const struct otseg_device *device, const char *role, u32 link_flags,
		     enum otseg_attach_mode mode, struct otseg_attachment *attachment);
int otseg_attach_update(const struct otseg_pins *pins, const struct otseg_attachment *attachment,
			int prog);
int otseg_attach_remove(const struct otseg_pins *pins, const struct otseg_bpf *bpf, u32 ifindex);
int otseg_attach_peer(const struct otseg_bpf *bpf, const struct otseg_attachment *attachment,
		      u32 peer);
int otseg_attach_hold(const struct otseg_bpf *bpf, const struct otseg_attachment *attachment,
		      bool is_held);
int otseg_attach_copy(const struct otseg_bpf *to, const struct otseg_attachment *attachment);
u32 otseg_attach_other(u32 ifindex, enum otseg_attach_mode *mode);
u32 otseg_attach_now(void);
const char *otseg_attach_mode_name(enum otseg_attach_mode mode);
const char *otseg_attach_why(const struct otseg_attachment *attachment);

#endif /* OTSEG_ATTACH_H */
