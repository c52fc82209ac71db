/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who owns the active policy and its counters: the module, or two BPF maps where
 * there is none. One small interface, implemented by store_module.c and
 * store_map.c; what runs on interfaces is the same in both cases.
 */
#ifndef OTSEG_BACKEND_H
#define OTSEG_BACKEND_H

#include "../policy/policy.h"
#include "bpf.h"
#include "otseg/counters.h"
#include "pin.h"

struct otseg_backend;

/**
 * struct otseg_change - a change of the state of a conduit, or of island mode
 * @change: what
 * @name: of the conduit, NULL for island mode
 * @seconds: that it is granted for
 * @reason: what for, or NULL
 */
struct otseg_change {
	enum otseg_conduit_change change;
	const char *name;
	u32 seconds;
	const char *reason;
};

/**
 * struct otseg_backend_ops - what an owner of the policy can do
 * @name: the word for it
 * @active: generation of the active policy, 0: none
 * @read: the active image and its generation; -ENOENT without one
 * @stage: take an image, and its signature or NULL, and verify it; changes nothing that is
 *	enforced
 * @commit: make the staged image the active policy, if @expect is still active
 * @change: change the state of a conduit or island mode, if otseg_state_refusal() has
 *	no refusal; takes the generation under which it is so
 * @counters: the OTSEG_CTR_COUNT counters of the active policy, summed over
 *	processors, and over earlier generations for what kept its name
 * @bind: guard an interface under its role; provisional: while an unconfirmed policy stays
 * @unbind: undo @bind
 * @close: end it; a staged image is forgotten
 *
 * Errors are negative errnos and have been told.
 */
struct otseg_backend_ops {
	const char *name;
	int (*active)(struct otseg_backend *backend, u32 *generation);
	int (*read)(struct otseg_backend *backend, struct otseg_blob *image, u32 *generation);
	int (*stage)(struct otseg_backend *backend, const struct otseg_blob *image,
		     const struct otseg_blob *signature);
	int (*commit)(struct otseg_backend *backend, u32 expect, u32 *generation);
	int (*change)(struct otseg_backend *backend, const struct otseg_change *change,
		      u32 *generation);
	int (*counters)(struct otseg_backend *backend, u32 generation, u64 *block);
	int (*bind)(struct otseg_backend *backend, u32 ifindex, const char *role,
		    bool is_provisional);
	int (*unbind)(struct otseg_backend *backend, u32 ifindex);
	void (*close)(struct otseg_backend *backend);
};

/**
 * struct otseg_backend - an owner of the policy
 * @ops: what it can do
 */
struct otseg_backend {
	const struct otseg_backend_ops *ops;
};

struct otseg_genl;

int otseg_backend_open_module(struct otseg_backend **backend);
struct otseg_genl *otseg_backend_genl(struct otseg_backend *backend);
int otseg_backend_open_map(const struct otseg_pins *pins, const struct otseg_bpf *bpf,
			   const struct otseg_class *room, const void *state,
			   struct otseg_backend *previous, struct otseg_backend **backend);
int otseg_backend_take_over(struct otseg_backend *backend);
void otseg_backend_close(struct otseg_backend *backend);
const char *otseg_backend_id_name(enum otseg_backend_id id);

#endif /* OTSEG_BACKEND_H */
