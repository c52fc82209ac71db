/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folder in the BPF file system that keeps the datapath alive when the tool
 * has ended, and the record of what is in it:
 *
 *	state		map of one struct otseg_pin_state
 *	carry		map of counters of earlier generations (store_map.c)
 *	carry-next	one that was to take its place: what a killed tool has left
 *	set0/, set1/	maps and programs of one load of the BPF object
 *	links/IFINDEX	the attachment to one interface
 *
 * One set is in use; the other one exists only while it replaces it. A folder
 * belongs to one network namespace.
 */
#ifndef OTSEG_PIN_H
#define OTSEG_PIN_H

#include <limits.h>
#include <stdbool.h>

#include "otseg/types.h"

#define OTSEG_PIN_MAGIC 0x4e50544f /* "OTPN" */
#define OTSEG_PIN_VERSION 2
#define OTSEG_PIN_PATH 4096

enum otseg_backend_id {
	OTSEG_BACKEND_NONE,
	OTSEG_BACKEND_MAP,
	OTSEG_BACKEND_MODULE,
};

/* The past of the counters, see store_map.c, and what is to take its place: a killed tool leaves it. */
#define OTSEG_PIN_CARRY "carry"
#define OTSEG_PIN_CARRY_NEXT "carry-next"

#define OTSEG_CLASS_THREE_QUARTERS 0x80 /* beside a power of two: of that */

/**
 * struct otseg_class - how large a policy the maps have room for, each as a power of two
 * @image: bytes of the image
 * @conduits: conduits that are counted
 * @rules: rules that are counted
 * @limiters: rules and conduits that have a rate
 *
 * Zero: that of any policy.
 */
struct otseg_class {
	u8 image;
	u8 conduits;
	u8 rules;
	u8 limiters;
};

/**
 * struct otseg_pin_state - what the folder holds
 * @magic: OTSEG_PIN_MAGIC
 * @version: OTSEG_PIN_VERSION
 * @backend: enum otseg_backend_id: who owns the policy
 * @set: the set in use, 0 or 1
 * @netns: cookie of the network namespace it was made in
 * @object: SHA-256 of the BPF object that was loaded
 * @layout: what its state maps mean, see OTSEG_STATE_LAYOUT
 * @room: map-backed mode: what the set has room for
 */
struct otseg_pin_state {
	u32 magic;
	u32 version;
	u32 backend;
	u32 set;
	u64 netns;
	u8 object[32];
	u32 layout;
	struct otseg_class room;
};

/**
 * struct otseg_pins - the folder, opened
 * @dir: its path
 * @lock_fd: holds the lock, -1: not locked
 * @state_fd: the state map, -1: there is none
 * @state: its value; all zero without one
 */
struct otseg_pins {
	char dir[OTSEG_PIN_PATH / 2];
	int lock_fd;
	int state_fd;
	struct otseg_pin_state state;
};

int otseg_pins_open(struct otseg_pins *pins);
int otseg_pins_lock(struct otseg_pins *pins);
int otseg_pins_hold(struct otseg_pins *pins);
void otseg_pins_close(struct otseg_pins *pins);
int otseg_pins_path(const struct otseg_pins *pins, char path[OTSEG_PIN_PATH], const char *format,
		    ...) __attribute__((format(printf, 3, 4)));
int otseg_pins_write(struct otseg_pins *pins, const struct otseg_pin_state *state);
int otseg_pins_remove_tree(const struct otseg_pins *pins, const char *name);
int otseg_pins_remove(struct otseg_pins *pins);
u64 otseg_pins_netns(void);

#endif /* OTSEG_PIN_H */
