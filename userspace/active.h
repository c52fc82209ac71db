/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in force on this host, read in one go: who owns the policy, its image,
 * its counters, the interfaces that the datapath runs on.
 */
#ifndef OTSEG_ACTIVE_H
#define OTSEG_ACTIVE_H

#include <jansson.h>

#include "net/attach.h"
#include "net/backend.h"
#include "net/genl.h"

/**
 * struct otseg_active - what is in force
 * @pins: the pin folder
 * @bpf: the set in use, if @has_bpf
 * @has_bpf: there is one
 * @backend: the owner of the policy, NULL: nothing is there
 * @generation: of the active policy, 0: none is
 * @image: the active policy's image, empty without one
 * @counters: OTSEG_CTR_COUNT counters, NULL unless asked for
 * @attached: the interfaces that the datapath runs on
 * @n_attached: their number
 * @guards: the interfaces that the module guards
 * @n_guards: their number
 */
struct otseg_active {
	struct otseg_pins pins;
	struct otseg_bpf bpf;
	bool has_bpf;
	struct otseg_backend *backend;
	u32 generation;
	struct otseg_blob image;
	u64 *counters;
	struct otseg_attachment *attached;
	size_t n_attached;
	struct otseg_genl_interface *guards;
	size_t n_guards;
};

/* Whether the policy decides what passes: a module may have one that nothing runs by. */
static inline bool otseg_active_is_in_force(const struct otseg_active *active)
{
	return active->has_bpf && active->generation;
}

int otseg_active_open(struct otseg_active *active, bool with_counters);
bool otseg_active_is_current(const struct otseg_active *active);
bool otseg_active_is_waiting(const struct otseg_active *active);
int otseg_active_need_policy(const struct otseg_active *active);
void otseg_active_close(struct otseg_active *active);

#endif /* OTSEG_ACTIVE_H */
