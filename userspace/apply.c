// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting a policy in force. The order keeps two promises: a governed interface
 * passes nothing that no policy has judged, and until the commit everything can
 * be taken back, so that a failure leaves the old policy as it was.
 *
 *	1 load the datapath, if there is none, another one, or one that the policy is
 *	  too large for						undo: remove its set,
 *								unless it still runs
 *	2 stage the image with the owner of the policy		undo: forget it
 *	  provide what it needs of flows and sessions		stays, and does no harm
 *	  keep on disk what a rollback, or a start of the
 *	  host, will ask for					undo: forget the policy before
 *	3 attach interfaces that are new, and guard them	undo: detach them
 *	  join the ends of wires that are new			undo: as they were
 *	4 switch attached interfaces to a datapath that was
 *	  loaded anew, in place					undo: switch back
 *	5 commit
 *	6 release interfaces that the policy names no longer, and guards that would
 *	  stand in the way; cut wires that are no more
 *
 * Where the new datapath has another owner of the policy, or maps of its own, 5 comes
 * before 4: what is committed there is not in force before the switch. Where only the maps of
 * the policy are others, because it needs larger ones, the new datapath gets the policy in force
 * first, and then goes on as above.
 *
 * An interface attached in step 3 drops everything until the commit. With the module, what step 3
 * has attached and guarded is the transaction's: where the tool dies before the commit, the kernel
 * lets go of it.
 *
 * A policy that has to be confirmed may be gone again without the tool: the kernel brings the
 * one before back. So what that one needs stays until the confirmation, which does step 6 then:
 * its interfaces and wires. What step 3 has attached for the new one alone the kernel lets go of,
 * and is told at the commit. Sizes only grow, and every datapath serves both.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "active.h"
#include "apply.h"
#include "history.h"
#include "kept.h"
#include "net/need.h"
#include "net/netdev.h"
#include "net/route.h"
#include "net/wire.h"
#include "print.h"

/* What becomes of one interface name of the policy. */
struct role {
	char name[OTSEG_DEVICE_NAME];
	struct otseg_attachment at;
	enum {
		ROLE_ABSENT,
		ROLE_KEPT,
		ROLE_ATTACHED,
	} state;
	bool bound; /* by this run */
};

/*
 * One run. @old is what is in force; @store owns the policy afterwards and @bpf
 * is the set it runs with, both of them @old's unless @fresh.
 */
struct apply {
	struct otseg_active old;
	const struct otseg_blob *image;
	const struct otseg_blob *signature;
	const void *state; /* to begin with */
	char signer[OTSEG_SIGNER_MAX + 1]; /* once it is in force; empty: nobody */
	enum otseg_backend_id id;
	bool fresh;
	bool shared; /* the new datapath has the state of the old one */
	bool moved; /* but maps of its own for the policy and its counters */
	u32 confirm_s;
	bool waits; /* the policy in force is unconfirmed, and another one may come back */
	bool kept; /* the policy before is on disk */
	struct otseg_genl_policy module;
	struct otseg_need need;
	u32 layout;
	u32 set;
	u8 object[32];
	char object_path[OTSEG_PIN_PATH];
	struct otseg_bpf next;
	struct otseg_bpf *bpf;
	struct otseg_backend *store;
	struct role *roles;
	size_t n_roles;
	u32 generation;
	json_t *released;
};

static int exit_code(int err)
{
	if (err == -EBUSY || err == -ECANCELED || err == -EKEYREJECTED || err == -ENOKEY)
		return OTSEG_EXIT_REFUSED;
	return OTSEG_EXIT_SYSTEM;
}

/* The names that the image has for interfaces, each once. */
static int roles_collect(struct apply *run)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(run->image->data, LINKS);
	u32 i, n = OTSEG_IMAGE_COUNT(run->image->data, LINKS);
	size_t r;

	run->roles = calloc(n + 1, sizeof(*run->roles));
	if (!run->roles)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		for (r = 0; r < run->n_roles; r++) {
			if (!strncmp(run->roles[r].name, (const char *)links[i].name,
				     OTSEG_DEVICE_NAME))
				break;
		}
		if (r == run->n_roles)
			memcpy(run->roles[run->n_roles++].name, links[i].name,
			       OTSEG_DEVICE_NAME - 1);
	}
	return 0;
}

static struct role *role_find(struct apply *run, const char *name)
{
	size_t i;

	for (i = 0; i < run->n_roles; i++) {
		if (!strcmp(run->roles[i].name, name))
			return &run->roles[i];
	}
	return NULL;
}

/* What is in the module, and whether a policy to be confirmed can follow it. */
static int confirm_plan(struct apply *run)
{
	int err;

	if (run->id == OTSEG_BACKEND_MODULE) {
		err = otseg_genl_policy_get(otseg_backend_genl(run->store), &run->module);
		if (err)
			return err;
		otseg_history_catch_up(&run->module);
		run->waits = run->module.confirm_state == OTSEG_CONFIRM_STATE_UNCONFIRMED;
	}
	if (!run->confirm_s)
		return 0;
	if (run->id != OTSEG_BACKEND_MODULE) {
		otseg_error_print("confirm: needs the module: in map-backed mode nothing in the "
				  "kernel could bring a policy back");
		return -ECANCELED;
	}
	if (run->old.pins.state.backend != OTSEG_BACKEND_MODULE || !run->old.generation) {
		otseg_error_print("confirm: the module enforces no policy that could come back");
		return -ECANCELED;
	}
	return 0;
}

/* Another owner would not know who has opened or closed what, and for how long. */
static int state_check(const struct apply *run)
{
	enum otseg_backend_id was = otseg_backend_genl(run->old.backend) ? OTSEG_BACKEND_MODULE :
									   OTSEG_BACKEND_MAP;

	if (!run->old.generation || was == run->id || !otseg_image_is_by_hand(run->old.image.data))
		return 0;
	otseg_error_print("island mode is on, or conduits are enabled, disabled or granted by hand: "
			  "end that before the policy gets another owner");
	return -ECANCELED;
}

/* The module goes on waiting for that, and would let go of interfaces under another owner's policy. */
static int unconfirmed_check(const struct apply *run)
{
	struct otseg_genl *genl = otseg_backend_genl(run->old.backend);
	struct otseg_genl_policy policy;
	int err;

	if (run->id == OTSEG_BACKEND_MODULE || !genl)
		return 0;
	err = otseg_genl_policy_get(genl, &policy);
	if (err || policy.confirm_state != OTSEG_CONFIRM_STATE_UNCONFIRMED)
		return err;
	otseg_error_print("policy %s is unconfirmed: confirm it, or roll it back, before the policy "
			  "gets another owner",
			  policy.name);
	return -ECANCELED;
}

/* What has hours needs an owner with a clock. */
static int windows_check(const struct apply *run)
{
	if (run->id == OTSEG_BACKEND_MODULE || !OTSEG_IMAGE_COUNT(run->image->data, WINDOWS))
		return 0;
	otseg_error_print("when: needs the module: in map-backed mode nothing in the kernel could "
			  "open and close a conduit in time");
	return -ECANCELED;
}

/* A module that takes signed policies only is not gone around by mistake. */
static int signature_plan(const struct apply *run)
{
	struct otseg_genl_status status;
	struct otseg_backend *module;
	int err;

	if (run->id != OTSEG_BACKEND_MAP || otseg_backend_open_module(&module))
		return 0;
	err = otseg_genl_status_get(otseg_backend_genl(module), &status);
	otseg_backend_close(module);
	if (err || !(status.flags & OTSEG_STATUS_FLAG_REQUIRE_SIGNED))
		return err;
	otseg_error_print("backend: the module takes signed policies only, and nothing verifies a "
			  "map-backed one");
	return -ECANCELED;
}

/* Which owner the policy is to have, and whether the datapath has to be loaded anew. */
static int plan(struct apply *run, enum otseg_backend_id wanted)
{
	const struct otseg_pin_state *state = &run->old.pins.state;
	int err;

	if (wanted != OTSEG_BACKEND_MAP) {
		err = otseg_backend_open_module(&run->store);
		if (err && (err != -ENOENT || wanted == OTSEG_BACKEND_MODULE)) {
			otseg_error_print("module: %s", err == -ENOENT ?
								"not loaded (modprobe otseg)" :
								strerror(-err));
			return err;
		}
	}
	run->id = run->store ? OTSEG_BACKEND_MODULE : OTSEG_BACKEND_MAP;
	err = confirm_plan(run);
	if (!err)
		err = state_check(run);
	if (!err)
		err = unconfirmed_check(run);
	if (!err)
		err = windows_check(run);
	if (!err)
		err = signature_plan(run);
	if (!err)
		err = otseg_bpf_find(run->object_path, run->object);
	if (err)
		return err;
	otseg_need_of(run->image->data, &run->need);
	/* The policy in force must have room, too: it is there first. */
	if (run->id == OTSEG_BACKEND_MODULE)
		memset(&run->need.room, 0, sizeof(run->need.room));
	else if (state->backend == OTSEG_BACKEND_MAP)
		otseg_room_join(&run->need.room, &state->room);
	run->fresh = state->backend != run->id ||
		     memcmp(state->object, run->object, sizeof(run->object)) ||
		     memcmp(&state->room, &run->need.room, sizeof(state->room));
	run->set = state->backend == OTSEG_BACKEND_NONE ? 0 : state->set ^ run->fresh;
	run->layout = state->layout;
	return 0;
}

/* Has an interface run a program, and remembers that it does. */
static int program_switch(struct apply *run, struct otseg_attachment *at, int prog)
{
	u32 id = otseg_bpf_id(prog);
	int err;

	if (!at->device.name[0] || (id && at->prog_id == id))
		return 0;
	err = otseg_attach_update(&run->old.pins, at, prog);
	if (!err)
		at->prog_id = id;
	return err;
}

/* Goes on after an error: each interface that is back is one that is safe. */
static int programs_restore(struct apply *run)
{
	size_t i;
	int err, first = 0;

	if (!run->fresh)
		return 0;
	for (i = 0; i < run->old.n_attached; i++) {
		err = program_switch(run, &run->old.attached[i], run->old.bpf.xdp);
		if (!first)
			first = err;
	}
	return first;
}

/* Whether the state names the old set, and all that is attached runs it: asked, not remembered. */
static bool is_old_set_in_use(const struct apply *run)
{
	u32 id = otseg_bpf_id(run->old.bpf.xdp);
	struct otseg_attachment *list = NULL;
	size_t i, n_list = 0;
	bool all = id;

	if (run->old.pins.state.set == run->set ||
	    otseg_attach_list(&run->old.pins, &run->old.bpf, &list, &n_list))
		return false;
	for (i = 0; i < n_list; i++)
		all = all && (!list[i].device.name[0] || list[i].prog_id == id);
	free(list);
	return all;
}

/*
 * A program whose set is gone runs on without its other half and without a clock. What could
 * not be taken back keeps its set until an apply has switched it.
 */
static void set_remove(struct apply *run)
{
	char name[8];

	otseg_bpf_close(&run->next);
	if (!is_old_set_in_use(run))
		return;
	snprintf(name, sizeof(name), "set%u", run->set);
	otseg_pins_remove_tree(&run->old.pins, name);
}

/* Entries of the interfaces that the old set governs, for the set that takes over. */
static int entries_copy(struct apply *run)
{
	size_t i;
	int err;

	for (i = 0; i < run->old.n_attached; i++) {
		if (!run->old.attached[i].device.name[0])
			continue;
		err = otseg_attach_copy(&run->next, &run->old.attached[i]);
		if (err)
			return err;
	}
	return 0;
}

static int datapath_prepare(struct apply *run)
{
	const struct otseg_pin_state *was = &run->old.pins.state;
	int err;

	run->bpf = &run->old.bpf;
	if (!run->fresh)
		return 0;
	/* What a killed run has switched runs the very set that is now made anew. */
	err = programs_restore(run);
	if (err)
		return err;
	err = otseg_bpf_create(&run->old.pins, run->set, run->object_path, run->id,
			       &run->need.room, &run->layout);
	if (err)
		return err;
	run->shared = was->backend == run->id && was->layout == run->layout;
	run->moved = run->shared && memcmp(&was->room, &run->need.room, sizeof(was->room));
	if (run->confirm_s && !run->shared) {
		otseg_error_print("confirm: the datapath of this version has to begin with an empty "
				  "flow table, which no rollback could undo; apply the policy in "
				  "force first, without confirm");
		return -ECANCELED;
	}
	err = otseg_bpf_open(&run->old.pins, run->set, &run->next);
	if (!err)
		err = otseg_bpf_start(&run->next);
	if (!err && !run->shared)
		err = entries_copy(run);
	run->bpf = &run->next;
	return err;
}

static int store_open(struct apply *run)
{
	bool own_maps = run->fresh && (!run->shared || run->moved);

	if (run->store)
		return 0;
	return otseg_backend_open_map(&run->old.pins, run->bpf, &run->need.room, run->state,
				      own_maps ? run->old.backend : NULL, &run->store);
}

/* What is bound and newly attached is bound again: its guard is to see whether marks come. */
static int role_bind(struct apply *run, struct role *role)
{
	bool was_bound = false;
	size_t i;
	int err;

	for (i = 0; i < run->old.n_guards; i++) {
		const struct otseg_genl_interface *guard = &run->old.guards[i];

		/* Its device may have come since. */
		was_bound |= guard->bound && !strcmp(guard->role, role->name) &&
			     (!guard->present || guard->ifindex == role->at.device.ifindex);
	}
	if (was_bound && role->state != ROLE_ATTACHED)
		return 0;
	/*
	 * The commit says which ones are provisional. Until then, what the policy in force has
	 * brought along goes with that, if it is rolled back.
	 */
	err = run->store->ops->bind(run->store, role->at.device.ifindex, role->name, run->waits);
	role->bound |= !err && !was_bound;
	return err;
}

static int role_attach(struct apply *run, struct role *role)
{
	const struct otseg_attachment *at;
	struct otseg_device device;
	bool loses;
	size_t i;
	int err;

	at = otseg_attach_find(run->old.attached, run->old.n_attached, role->name);
	if (at) {
		role->at = *at;
		role->state = ROLE_KEPT;
		return role_bind(run, role);
	}
	err = otseg_device_find(role->name, &device);
	if (err == -ENODEV)
		return 0;
	if (err) {
		otseg_error_print("%s: %s", role->name, strerror(-err));
		return err;
	}
	for (i = 0; i < run->old.n_attached; i++) {
		if (run->old.attached[i].device.ifindex == device.ifindex &&
		    run->old.attached[i].device.name[0]) {
			otseg_error_print("%s: already attached as '%s'", device.name,
					  run->old.attached[i].role);
			return -EBUSY;
		}
	}
	/* Before and after: the kernel is to know that what runs there then came with this run. */
	role->at.device = device;
	err = role_bind(run, role);
	if (err)
		return err;
	/* Without the module nobody asks for the mark, and on a wire it is not left. */
	loses = run->id == OTSEG_BACKEND_MODULE && otseg_device_loses_mark(&device) &&
		!otseg_wire_is_at(run->image->data, role->name);
	err = otseg_attach_add(&run->old.pins, run->bpf, &device, role->name,
			       loses ? OTSEG_LINK_LOSES_MARK : 0,
			       loses ? OTSEG_ATTACH_GENERIC : OTSEG_ATTACH_AUTO, &role->at);
	if (err)
		return err;
	role->state = ROLE_ATTACHED;
	return role_bind(run, role);
}

/* The image in force before, NULL without one. */
static const void *image_before(const struct apply *run)
{
	return run->old.generation ? run->old.image.data : NULL;
}

/*
 * Frames that native XDP redirects leave only by a driver that takes them; those of
 * generic XDP by any. Only what this run has attached is changed: to attach an
 * interface in another mode it has to be let go of first.
 */
static int crossing_settle(struct apply *run, const struct otseg_crossing *crossing)
{
	const struct otseg_device *device = &crossing->in->device;
	struct role *role;
	int err;

	if (crossing->in->mode == OTSEG_ATTACH_NATIVE &&
	    !otseg_netdev_takes_frames(crossing->out->device.ifindex)) {
		role = role_find(run, crossing->in->role);
		if (!role || role->state != ROLE_ATTACHED) {
			otseg_error_print("wire %s: the driver of %s sends no frames of native XDP, "
					  "and %s runs it already; detach %s, and apply again",
					  crossing->wire, crossing->out->device.name, device->name,
					  device->name);
			return -EOPNOTSUPP;
		}
		err = otseg_attach_remove(&run->old.pins, run->bpf, device->ifindex);
		if (err)
			return err;
		role->state = ROLE_ABSENT;
		err = otseg_attach_add(&run->old.pins, run->bpf, device, role->name, 0,
				       OTSEG_ATTACH_GENERIC, &role->at);
		if (err)
			return err;
		role->state = ROLE_ATTACHED;
		/* The guard's owner knows the attachment by its link. */
		err = role_bind(run, role);
		if (err)
			return err;
	} else if (crossing->in->mode == OTSEG_ATTACH_NATIVE) {
		return 0;
	}
	err = otseg_device_keep_frames(device);
	if (err)
		otseg_error_print("%s: cannot keep its frames from being merged: %s", device->name,
				  strerror(-err));
	return err;
}

/* The other end of an interface's wire in a policy, 0: it is on none. */
static u32 peer_in(const void *image, const struct otseg_attachment *list, size_t n_list,
		   const struct otseg_attachment *at)
{
	struct otseg_crossing crossing;
	size_t next = 0;

	while (otseg_wire_crossing(image, list, n_list, &next, &crossing)) {
		if (crossing.in == at)
			return crossing.out->device.ifindex;
	}
	return 0;
}

/*
 * An interface has one hint. Where the policy that may come back leads its wire elsewhere
 * than the new one does, that wire would be dead when it comes.
 */
static int wires_check(struct apply *run, const struct otseg_attachment *list, size_t n_list)
{
	struct otseg_crossing crossing;
	size_t next = 0;
	u32 peer;

	if (!run->confirm_s && !run->waits)
		return 0;
	while (otseg_wire_crossing(run->image->data, list, n_list, &next, &crossing)) {
		peer = run->waits ? crossing.in->peer :
				    peer_in(image_before(run), list, n_list, crossing.in);
		if (!peer || peer == crossing.out->device.ifindex)
			continue;
		otseg_error_print("wire %s: %s is wired to another interface in the policy that may "
				  "come back; %s",
				  crossing.wire, crossing.in->device.name,
				  run->waits ? "confirm the policy in force first, or roll it back" :
					       "apply without confirm");
		return -ECANCELED;
	}
	return 0;
}

/*
 * The datapath heeds the policy before the hints: what is joined here takes effect
 * with the commit, and the wires of the policy in force stay until then.
 */
static int wires_join(struct apply *run)
{
	struct otseg_attachment *list = NULL;
	struct otseg_crossing crossing;
	size_t n_list = 0, next = 0;
	int err;

	err = otseg_attach_list(&run->old.pins, run->bpf, &list, &n_list);
	if (!err)
		err = wires_check(run, list, n_list);
	while (!err && otseg_wire_crossing(run->image->data, list, n_list, &next, &crossing))
		err = crossing_settle(run, &crossing);
	if (!err)
		err = otseg_wires_write(run->bpf, run->image->data, list, n_list, false);
	free(list);
	return err;
}

/* Wires lead where @image says, and nowhere else. */
static int wires_cut(struct apply *run, const void *image)
{
	struct otseg_attachment *list = NULL;
	size_t n_list = 0;
	int err;

	err = otseg_attach_list(&run->old.pins, run->bpf, &list, &n_list);
	if (!err)
		err = otseg_wires_write(run->bpf, image, list, n_list, true);
	free(list);
	return err;
}

/*
 * What the kernel has merged before generic XDP sees it would leave as it is. An
 * interface that native XDP runs on needs nothing: what the driver of the way out does
 * not take, the datapath leaves to the host.
 */
static int routes_prepare(struct apply *run)
{
	size_t i;
	int err;

	for (i = 0; i < run->n_roles; i++) {
		const struct role *role = &run->roles[i];

		if (role->state == ROLE_ABSENT || role->at.mode != OTSEG_ATTACH_GENERIC ||
		    !otseg_route_is_at(run->image->data, role->name))
			continue;
		err = otseg_device_keep_frames(&role->at.device);
		if (err) {
			otseg_error_print("%s: cannot keep its frames from being merged: %s",
					  role->at.device.name, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int interfaces_attach(struct apply *run)
{
	size_t i;
	int err;

	for (i = 0; i < run->n_roles; i++) {
		err = role_attach(run, &run->roles[i]);
		if (err)
			return err;
	}
	err = wires_join(run);
	return err ? err : routes_prepare(run);
}

static void interfaces_restore(struct apply *run)
{
	size_t i;

	for (i = 0; i < run->n_roles; i++) {
		struct role *role = &run->roles[i];

		if (role->bound)
			run->store->ops->unbind(run->store, role->at.device.ifindex);
		if (role->state == ROLE_ATTACHED)
			otseg_attach_remove(&run->old.pins, run->bpf, role->at.device.ifindex);
	}
	/* While another policy may come back, hints are only ever added. */
	if (!run->waits && (!run->fresh || run->shared))
		wires_cut(run, image_before(run));
}

/* The first state says that there is a datapath before any interface has it. */
static int state_write(struct apply *run)
{
	struct otseg_pin_state state = {
		.magic = OTSEG_PIN_MAGIC,
		.version = OTSEG_PIN_VERSION,
		.backend = run->id,
		.set = run->set,
		.netns = otseg_pins_netns(),
		.layout = run->layout,
		.room = run->need.room,
	};

	memcpy(state.object, run->object, sizeof(state.object));
	return otseg_pins_write(&run->old.pins, &state);
}

/*
 * Step 4: each interface runs the new program from one frame to the next. Where
 * the datapath is not new, this mends what a run that was killed has left.
 */
static int programs_switch(struct apply *run)
{
	size_t i;
	int err;

	for (i = 0; i < run->old.n_attached; i++) {
		err = program_switch(run, &run->old.attached[i], run->bpf->xdp);
		if (err) {
			programs_restore(run);
			return err;
		}
	}
	return 0;
}

/* Step 5. */
static int commit(struct apply *run, u32 expect)
{
	struct otseg_genl_try how = { .seconds = run->confirm_s };
	u32 *provisional;
	size_t i;
	int err;

	if (!run->confirm_s)
		return run->store->ops->commit(run->store, expect, &run->generation);
	provisional = calloc(run->n_roles + 1, sizeof(*provisional));
	if (!provisional)
		return -ENOMEM;
	for (i = 0; i < run->n_roles; i++) {
		if (run->roles[i].state == ROLE_ATTACHED)
			provisional[how.n_provisional++] = run->roles[i].at.device.ifindex;
	}
	how.provisional = provisional;
	err = otseg_genl_policy_try(otseg_backend_genl(run->store), expect, &how, &run->generation);
	free(provisional);
	return err;
}

/*
 * Steps 4 and 5 where the owner of the policy stays: the new programs run under the
 * policy in force before another one is committed, so that no flow ever speaks of a
 * policy that did not come into force.
 */
static int switch_then_commit(struct apply *run, u32 expect)
{
	const struct otseg_pin_state was = run->old.pins.state;
	int err = 0;

	if (run->moved && run->old.generation)
		err = otseg_backend_take_over(run->store);
	if (!err)
		err = programs_switch(run);
	if (err)
		return err;
	err = state_write(run);
	if (!err)
		err = commit(run, expect);
	if (err) {
		programs_restore(run);
		otseg_pins_write(&run->old.pins, &was);
	}
	return err;
}

/* Steps 4 and 5, in the order that keeps the old policy in force until both are done. */
static int policy_switch(struct apply *run, u32 expect)
{
	bool same_module = run->id == OTSEG_BACKEND_MODULE &&
			   run->old.pins.state.backend == OTSEG_BACKEND_MODULE;
	int err;

	if (run->fresh && (run->shared || same_module))
		return switch_then_commit(run, expect);
	err = commit(run, expect);
	if (err)
		return err;
	err = programs_switch(run);
	if (!err && run->fresh) {
		err = state_write(run);
		if (err)
			programs_restore(run);
	}
	return err;
}

/*
 * Those that are not there yet are guarded from the first moment that they are. Where that cannot
 * be, whoever has applied the policy is told that they pass everything.
 */
static void absent_bind(struct apply *run)
{
	size_t i;
	int err;

	for (i = 0; run->id == OTSEG_BACKEND_MODULE && i < run->n_roles; i++) {
		struct role *role = &run->roles[i];

		if (role->state != ROLE_ABSENT)
			continue;
		err = run->store->ops->bind(run->store, 0, role->name, run->confirm_s);
		role->bound = !err;
	}
}

/*
 * What is guarded for a policy before, or was, and for none now: there is neither a role of this
 * policy nor a link to be released.
 */
static void guards_release(struct apply *run)
{
	struct otseg_genl *genl = otseg_backend_genl(run->old.backend);
	size_t i;

	for (i = 0; genl && i < run->old.n_guards; i++) {
		const struct otseg_genl_interface *guard = &run->old.guards[i];

		if (guard->bound && !role_find(run, guard->role) &&
		    !otseg_attach_find(run->old.attached, run->old.n_attached, guard->role))
			otseg_genl_interface_unbind(genl, 0, guard->role);
	}
}

static int release(struct apply *run, const struct otseg_attachment *at)
{
	struct otseg_backend *guard = run->old.backend ? run->old.backend : run->store;
	int err;

	if (at->device.name[0]) {
		err = guard->ops->unbind(guard, at->device.ifindex);
		if (err && err != -ENOENT && err != -ENODEV)
			return err;
		json_array_append_new(run->released, json_string(at->device.name));
	}
	return otseg_attach_remove(&run->old.pins, run->bpf, at->device.ifindex);
}

/* Whether step 3 attached to a device of this index, in the place of a link that was dead. */
static bool is_attached_anew(const struct apply *run, u32 ifindex)
{
	size_t i;

	for (i = 0; i < run->n_roles; i++) {
		if (run->roles[i].state == ROLE_ATTACHED &&
		    run->roles[i].at.device.ifindex == ifindex)
			return true;
	}
	return false;
}

/* Step 6. The new policy is in force: what fails here is told and does not undo it. */
static void interfaces_release(struct apply *run)
{
	size_t i;

	for (i = 0; i < run->old.n_attached; i++) {
		const struct otseg_attachment *at = &run->old.attached[i];

		if (at->device.name[0] &&
		    (role_find(run, at->role) || at->link_flags & OTSEG_LINK_BY_HAND))
			continue;
		if (is_attached_anew(run, at->device.ifindex))
			continue;
		release(run, at);
	}
	guards_release(run);
	wires_cut(run, run->image->data);
}

static bool is_same(const void *image, const void *other)
{
	return !memcmp(((const struct otseg_image *)image)->digest,
		       ((const struct otseg_image *)other)->digest, OTSEG_DIGEST_LEN);
}

/* Keeps on disk what a rollback leads to: the policy in force, or the last confirmed one. */
static void previous_keep(struct apply *run)
{
	struct otseg_blob last = {};
	const struct otseg_blob *before = &run->old.image;

	if (!run->old.generation || is_same(run->image->data, run->old.image.data))
		return;
	otseg_image_plain(run->old.image.data);
	if (run->waits) {
		if (otseg_previous_read(run->old.image.data, &last))
			return;
		before = &last;
	}
	if (!is_same(run->image->data, before->data)) {
		otseg_previous_keep(run->image->data, before);
		run->kept = true;
	}
	otseg_blob_free(&last);
}

/*
 * The generation that the commit has to find. A module that has gone back by itself since @old
 * was read has let go of interfaces that are taken for attached and guarded here.
 */
static int expect_read(struct apply *run, u32 *expect)
{
	struct otseg_genl *genl = otseg_backend_genl(run->old.backend);
	struct otseg_genl_policy now = {};
	int err;

	err = run->store->ops->active(run->store, expect);
	if (!err && run->fresh && run->old.backend && run->id == OTSEG_BACKEND_MAP)
		err = run->old.backend->ops->active(run->old.backend, expect);
	/* Asked last: what follows gives the policy a generation that is not expected. */
	if (!err && genl)
		err = otseg_genl_policy_get(genl, &now);
	if (err || now.since <= run->old.generation)
		return err;
	otseg_error_print("policy %s has become active meanwhile: apply again", now.name);
	return -ECANCELED;
}

static int enforce(struct apply *run)
{
	u32 expect = 0;
	int err;

	err = expect_read(run, &expect);
	if (err)
		return err;
	if (run->old.pins.state.backend == OTSEG_BACKEND_NONE) {
		err = state_write(run);
		if (err)
			return err;
	}
	previous_keep(run);
	if (run->signature && run->id == OTSEG_BACKEND_MODULE)
		otseg_signature_keep(run->image->data, run->signature);
	err = interfaces_attach(run);
	if (!err)
		err = policy_switch(run, expect);
	if (err) {
		interfaces_restore(run);
		if (run->kept)
			otseg_previous_forget(run->image->data);
	}
	return err;
}

/* Whether a guard stands, or waits, at an interface of the policy, by whatever role. */
static bool is_guard_of(struct apply *run, const struct otseg_genl_interface *guard)
{
	size_t i;

	if (!guard->present)
		return role_find(run, guard->role);
	for (i = 0; i < run->n_roles; i++)
		if (run->roles[i].at.device.ifindex == guard->ifindex)
			return true;
	return false;
}

/*
 * The module's guard does not know the mark of a map-backed policy: it would stop
 * everything that the datapath passes.
 */
static void guards_drop(struct apply *run)
{
	struct otseg_genl_interface *list = NULL;
	struct otseg_backend *module;
	size_t i, n_list = 0;

	if (run->id != OTSEG_BACKEND_MAP || otseg_backend_open_module(&module))
		return;
	if (otseg_genl_interface_list(otseg_backend_genl(module), &list, &n_list))
		n_list = 0;
	for (i = 0; i < n_list; i++) {
		if (!is_guard_of(run, &list[i]))
			continue;
		if (list[i].bound)
			otseg_genl_interface_unbind(otseg_backend_genl(module), 0, list[i].role);
		if (list[i].governed && list[i].present)
			otseg_error_print("warning: interface %s passes nothing: the module's "
					  "parameter 'governed' names it, and the policy is "
					  "map-backed",
					  list[i].device);
	}
	free(list);
	otseg_backend_close(module);
}

static int steps_run(struct apply *run, enum otseg_backend_id wanted)
{
	int err;

	err = plan(run, wanted);
	if (!err)
		err = datapath_prepare(run);
	if (!err)
		err = store_open(run);
	if (!err)
		err = run->store->ops->stage(run->store, run->image, run->signature);
	if (!err)
		err = otseg_need_provide(run->bpf, &run->need, run->fresh && !run->shared);
	if (!err)
		err = enforce(run);
	return err;
}

/* Who has signed what is in force now. */
static void signer_ask(struct apply *run)
{
	struct otseg_genl *genl = otseg_backend_genl(run->store);
	struct otseg_genl_status status;

	if (!run->signature || !genl || otseg_genl_status_get(genl, &status))
		return;
	if (status.generation == run->generation)
		memcpy(run->signer, status.signer, sizeof(run->signer));
}

static int apply_locked(struct apply *run, enum otseg_backend_id wanted)
{
	bool first = run->old.pins.state.backend == OTSEG_BACKEND_NONE;
	char name[8];
	int err;

	err = steps_run(run, wanted);
	if (err) {
		otseg_bpf_close(&run->next);
		if (first)
			otseg_pins_remove(&run->old.pins);
		else if (run->fresh)
			set_remove(run);
		return err;
	}
	absent_bind(run);
	signer_ask(run);
	if (!run->confirm_s)
		interfaces_release(run);
	guards_drop(run);
	if (run->fresh && !first) {
		snprintf(name, sizeof(name), "set%u", run->set ^ 1);
		otseg_pins_remove_tree(&run->old.pins, name);
	}
	return 0;
}

/* Whether the datapath that took over began with an empty flow table. */
static bool flows_are_lost(const struct apply *run)
{
	return run->fresh && run->old.n_attached && !run->shared;
}

static json_t *role_json(const struct role *role)
{
	static const char *const states[] = { "absent", "kept", "attached" };

	if (role->state == ROLE_ABSENT)
		return json_pack("{s:s, s:s}", "name", role->name, "state", states[role->state]);
	return json_pack("{s:s, s:s, s:s, s:s}", "name", role->name, "state", states[role->state],
			 "device", role->at.device.name, "xdp",
			 otseg_attach_mode_name(role->at.mode));
}

/* The policy that comes back unless this one is confirmed. */
static const char *fallback_name(const struct apply *run)
{
	const struct otseg_image *old = run->old.image.data;

	return run->waits ? run->module.fallback_name :
			    otseg_image_string(run->old.image.data, old->name);
}

static json_t *report_json(const struct apply *run)
{
	json_t *report;
	const struct otseg_image *header = run->image->data;
	char digest[2 * OTSEG_DIGEST_LEN + 1];
	json_t *interfaces = json_array();
	size_t i;

	for (i = 0; i < run->n_roles; i++)
		json_array_append_new(interfaces, role_json(&run->roles[i]));
	otseg_print_hex(digest, header->digest, sizeof(header->digest));
	report = json_pack("{s:s, s:s, s:i, s:s, s:b, s:b, s:o, s:O}", "policy",
			   otseg_image_string(run->image->data, header->name), "digest", digest,
			   "generation", (int)run->generation, "backend",
			   otseg_backend_id_name(run->id), "datapath_replaced",
			   run->fresh && run->old.n_attached, "flows_lost", flows_are_lost(run),
			   "interfaces", interfaces, "released", run->released);
	if (*run->signer)
		json_object_set_new(report, "signer", json_string(run->signer));
	if (run->confirm_s)
		json_object_set_new(report, "confirm",
				    json_pack("{s:I, s:s}", "seconds_left",
					      (json_int_t)run->confirm_s, "fallback",
					      fallback_name(run)));
	return report;
}

static void report_text(const struct apply *run)
{
	const struct otseg_image *header = run->image->data;
	json_t *name;
	size_t i;

	printf("policy %s is active, generation %u, %s\n",
	       otseg_image_string(run->image->data, header->name), run->generation,
	       run->id == OTSEG_BACKEND_MODULE ? "in the module" : "map-backed");
	if (*run->signer)
		printf("signed by '%s', revision %llu\n", run->signer,
		       (unsigned long long)header->revision);
	for (i = 0; i < run->n_roles; i++) {
		const struct role *role = &run->roles[i];

		if (role->state == ROLE_ABSENT)
			continue;
		printf("interface %s: %s, %s XDP%s\n", role->name,
		       role->state == ROLE_KEPT ? "governed as before" : "governed from now on",
		       otseg_attach_mode_name(role->at.mode), otseg_attach_why(&role->at));
	}
	if (run->confirm_s)
		printf("unconfirmed: policy %s comes back in %u s, unless 'otseg policy confirm' comes "
		       "before\n",
		       fallback_name(run), run->confirm_s);
	json_array_foreach(run->released, i, name)
		printf("interface %s: released, it is no longer filtered\n",
		       json_string_value(name));
}

/* Interfaces that frames in route mode cannot be sent out by, or not all of a wire. */
static void ways_warn(const struct apply *run)
{
	struct otseg_attachment *list = NULL;
	struct otseg_crossing crossing;
	size_t i, n_list = 0, next = 0;

	if (otseg_attach_list(&run->old.pins, run->bpf, &list, &n_list))
		return;
	while (otseg_wire_crossing(run->image->data, list, n_list, &next, &crossing))
		otseg_wire_warn(&crossing);
	for (i = 0; i < n_list; i++)
		otseg_route_warn(run->image->data, list, n_list, &list[i]);
	free(list);
}

static bool fails_open(const struct apply *run, const char *role)
{
	const char *name;
	u32 i;

	for (i = 0; i < OTSEG_IMAGE_COUNT(run->image->data, LINKS); i++) {
		name = otseg_image_open_interface(run->image->data, i);
		if (name && !strcmp(name, role))
			return true;
	}
	return false;
}

/* What whoever applied it must know, whatever the output format. */
static void report_warn(const struct apply *run)
{
	size_t i;

	for (i = 0; i < run->n_roles; i++) {
		if (run->roles[i].state != ROLE_ABSENT)
			continue;
		if (run->roles[i].bound)
			otseg_error_print("warning: interface %s does not exist; it passes %s "
					  "when it comes, until 'otseg interface watch' attaches it, "
					  "or the policy is applied again",
					  run->roles[i].name,
					  fails_open(run, run->roles[i].name) ?
						  "everything, as the policy says," :
						  "nothing");
		else
			otseg_error_print("warning: interface %s does not exist; when it comes, "
					  "apply the policy again (until then it passes everything)",
					  run->roles[i].name);
	}
	ways_warn(run);
	if (run->waits && run->confirm_s)
		otseg_error_print("warning: policy %s was unconfirmed and is replaced",
				  run->module.name);
	if (flows_are_lost(run))
		otseg_error_print("warning: the datapath was replaced; connections that were open "
				  "have to be opened anew");
}

static void history_write(const struct apply *run, const struct otseg_apply_options *options,
			  int err)
{
	struct otseg_history_entry entry = {
		.command = options->command,
		.result = err ? "refused" : options->confirm_s ? "unconfirmed" : "applied",
		.why = err ? otseg_error_last() : NULL,
		.file = options->file,
		.reason = options->reason,
		.signer = run->signer,
		.image = run->image->data,
		.generation = err ? 0 : run->generation,
		.confirm_s = options->confirm_s,
	};

	otseg_history_add(&entry);
}

/**
 * otseg_apply_policy - put a policy in force
 * @cli: the command line, for the output
 * @image: the policy's image, checked
 * @options: how, and why
 *
 * Return: enum otseg_exit; unless OK, what was in force before still is.
 */
int otseg_apply_policy(const struct otseg_cli *cli, const struct otseg_blob *image,
		       const struct otseg_apply_options *options)
{
	struct apply run = {
		.image = image,
		.signature = options->signature,
		.next = OTSEG_BPF_CLOSED,
		.confirm_s = options->confirm_s,
		.state = options->state,
	};
	struct otseg_pins lock;
	json_t *report;
	int err;

	err = otseg_pins_open(&lock);
	if (!err)
		err = otseg_pins_lock(&lock);
	if (err) {
		history_write(&run, options, err);
		otseg_pins_close(&lock);
		return exit_code(err);
	}
	run.released = json_array();
	err = otseg_active_open(&run.old, false);
	if (!err)
		err = roles_collect(&run);
	if (!err)
		err = apply_locked(&run, options->wanted);
	if (!err) {
		/* What the next start of the host needs is not forgotten before that has changed. */
		if (!otseg_kept_sync() && !run.confirm_s)
			otseg_previous_clean(image->data);
		if (cli->json) {
			report = report_json(&run);
			otseg_print_json(cli, report);
			json_decref(report);
		} else {
			report_text(&run);
		}
		report_warn(&run);
	}
	history_write(&run, options, err);
	json_decref(run.released);
	free(run.roles);
	otseg_backend_close(run.store);
	otseg_bpf_close(&run.next);
	otseg_active_close(&run.old);
	otseg_pins_close(&lock);
	return err ? exit_code(err) : OTSEG_EXIT_OK;
}

/* The steps of an apply up to those that need a policy. */
static int closed_locked(struct apply *run)
{
	int err;

	err = plan(run, OTSEG_BACKEND_MAP);
	if (!err)
		err = datapath_prepare(run);
	if (!err)
		err = store_open(run);
	if (!err)
		err = otseg_need_provide(run->bpf, &run->need, run->fresh && !run->shared);
	if (!err)
		err = state_write(run);
	if (!err)
		err = interfaces_attach(run);
	otseg_bpf_close(&run->next);
	return err;
}

/**
 * otseg_apply_closed - attach the interfaces of a policy, map-backed, without the policy
 * @image: the policy's image, checked
 *
 * Until one is applied they pass nothing. Nothing is taken back after a failure: what is
 * attached is closed.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_apply_closed(const struct otseg_blob *image)
{
	struct apply run = { .image = image, .next = OTSEG_BPF_CLOSED };
	struct otseg_pins lock;
	int err;

	err = otseg_pins_open(&lock);
	if (!err)
		err = otseg_pins_lock(&lock);
	if (!err)
		err = otseg_active_open(&run.old, false);
	if (!err)
		err = roles_collect(&run);
	if (!err)
		err = closed_locked(&run);
	free(run.roles);
	otseg_backend_close(run.store);
	otseg_active_close(&run.old);
	otseg_pins_close(&lock);
	return err;
}

/**
 * otseg_apply_settle - let go of what only another policy needs than the active one
 * @active: what is in force, read under the lock
 * @released: array, takes the names of interfaces that are filtered no longer
 *
 * What cannot be done is told.
 *
 * Return: 0 or a negative errno.
 */
int otseg_apply_settle(struct otseg_active *active, json_t *released)
{
	struct apply run = {
		.old = *active,
		.image = &active->image,
		.bpf = &active->bpf,
		.store = active->backend,
		.released = released,
		.next = OTSEG_BPF_CLOSED,
	};
	int err;

	if (!active->has_bpf || !active->generation)
		return 0;
	err = roles_collect(&run);
	if (!err)
		interfaces_release(&run);
	free(run.roles);
	return err;
}
