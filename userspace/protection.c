// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interface's program, guard and mark, held together.
 */
#include <string.h>

#include "net/wire.h"
#include "policy/policy.h"
#include "protection.h"

static bool is_in_policy(const struct otseg_active *active, const char *role)
{
	const struct otseg_img_link *links;
	u32 i;

	if (!active->generation)
		return false;
	links = OTSEG_IMAGE_RECORDS(active->image.data, LINKS);
	for (i = 0; i < OTSEG_IMAGE_COUNT(active->image.data, LINKS); i++) {
		if (!strncmp((const char *)links[i].name, role, sizeof(links[i].name)))
			return true;
	}
	return false;
}

static const struct otseg_genl_interface *guard_find(const struct otseg_active *active,
						     const char *role)
{
	size_t i;

	for (i = 0; i < active->n_guards; i++) {
		if (active->guards[i].guarded && !strcmp(active->guards[i].role, role))
			return &active->guards[i];
	}
	return NULL;
}

/* Its device: the one that is attached or guarded, or else the one of its name. */
static void device_find(struct otseg_protection *protection)
{
	if (protection->at)
		protection->device = protection->at->device;
	else if (!protection->guard ||
		 otseg_device_get(protection->guard->ifindex, &protection->device))
		otseg_device_find(protection->role, &protection->device);
}

static enum otseg_trouble trouble_of(const struct otseg_protection *protection)
{
	const struct otseg_genl_interface *guard = protection->guard;

	if (!protection->device.name[0])
		return OTSEG_TROUBLE_NONE;
	if (protection->prog_id && (!protection->at || protection->at->is_foreign))
		return OTSEG_TROUBLE_FOREIGN;
	if (!protection->at)
		return protection->in_policy ? OTSEG_TROUBLE_NOT_ATTACHED : OTSEG_TROUBLE_NONE;
	if (guard && guard->lost && !guard->marked && !protection->is_wire &&
	    protection->mode == OTSEG_ATTACH_NATIVE)
		return OTSEG_TROUBLE_MARK_LOST;
	return OTSEG_TROUBLE_NONE;
}

/**
 * otseg_protection_get - see what protects an interface
 * @active: what is in force
 * @role: the policy's name for the interface
 * @protection: takes it; points into @active and to @role
 */
void otseg_protection_get(const struct otseg_active *active, const char *role,
			  struct otseg_protection *protection)
{
	memset(protection, 0, sizeof(*protection));
	protection->role = role;
	protection->at = otseg_attach_find(active->attached, active->n_attached, role);
	protection->guard = guard_find(active, role);
	protection->in_policy = is_in_policy(active, role);
	protection->is_wire = protection->in_policy && otseg_wire_is_at(active->image.data, role);
	device_find(protection);
	if (protection->at) {
		protection->prog_id = protection->at->prog_id;
		protection->mode = protection->at->mode;
	} else if (protection->device.name[0]) {
		protection->prog_id =
			otseg_attach_other(protection->device.ifindex, &protection->mode);
	}
	protection->trouble = trouble_of(protection);
}

/**
 * otseg_protection_word - what protects an interface, in a word or two
 * @protection: what does
 *
 * Return: the words; NULL without a device.
 */
const char *otseg_protection_word(const struct otseg_protection *protection)
{
	const struct otseg_genl_interface *guard = protection->guard;
	bool is_native = protection->mode == OTSEG_ATTACH_NATIVE;

	if (!protection->device.name[0])
		return NULL;
	if (!protection->at || protection->trouble == OTSEG_TROUBLE_FOREIGN)
		return !guard ? "none" : guard->fail_open ? "none, fails open" : "guard only";
	if (!guard)
		return "program only";
	if (protection->is_wire)
		return "wire";
	if (protection->trouble == OTSEG_TROUBLE_MARK_LOST)
		return "mark lost";
	if (guard->marked)
		return is_native ? "native+mark" : "generic+mark";
	return is_native ? "native+mark, unproved" : "generic+mark, unproved";
}

/**
 * otseg_protection_state - what an interface does with a frame, in a word
 * @protection: what protects it
 *
 * Return: the word.
 */
const char *otseg_protection_state(const struct otseg_protection *protection)
{
	if (!protection->device.name[0])
		return "absent";
	if (protection->trouble == OTSEG_TROUBLE_FOREIGN)
		return "foreign";
	if (protection->trouble == OTSEG_TROUBLE_MARK_LOST)
		return protection->guard->fail_open ? "enforcing" : "closed";
	if (protection->at)
		return protection->in_policy ? "enforcing" : "closed";
	return protection->guard && !protection->guard->fail_open ? "closed" : "open";
}

/**
 * otseg_protection_trouble - what an interface lacks, and what to do about it
 * @protection: what protects it
 *
 * Return: a sentence, NULL: nothing.
 */
json_t *otseg_protection_trouble(const struct otseg_protection *protection)
{
	const struct otseg_genl_interface *guard = protection->guard;
	const char *passes = !guard	      ? "everything passes, unfiltered" :
			     guard->fail_open ? "everything passes, unfiltered, as the policy says" :
						"its guard lets nothing pass";
	const char *name = protection->device.name;

	switch (protection->trouble) {
	case OTSEG_TROUBLE_NOT_ATTACHED:
		return json_sprintf("NOT ATTACHED: %s; apply the policy again, or have 'otseg "
				    "interface watch' run",
				    passes);
	case OTSEG_TROUBLE_FOREIGN:
		if (protection->at)
			return json_sprintf("FOREIGN: program %u runs in place of the datapath: "
					    "%s; apply the policy again",
					    protection->prog_id, passes);
		return json_sprintf("FOREIGN: program %u runs, and not the datapath: %s; take it "
				    "off ('ip link set dev %s %s off') and apply the policy again",
				    protection->prog_id, passes, name,
				    protection->mode == OTSEG_ATTACH_GENERIC ? "xdpgeneric" :
									       "xdpdrv");
	case OTSEG_TROUBLE_MARK_LOST:
		return json_sprintf("MARK LOST: its driver loses the mark of native XDP, so %s; "
				    "attach it with 'otseg interface attach %s mode generic', or have "
				    "'otseg interface watch' do it",
				    guard->fail_open ? "what the datapath lets pass is unproved" :
						       passes,
				    name);
	case OTSEG_TROUBLE_NONE:
		break;
	}
	return NULL;
}

static void trouble_add(json_t *list, const struct otseg_active *active, const char *role)
{
	struct otseg_protection protection;
	json_t *text;

	otseg_protection_get(active, role, &protection);
	text = otseg_protection_trouble(&protection);
	if (text)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "name", role,
						      "device", protection.device.name, "state",
						      otseg_protection_state(&protection),
						      "trouble", text));
}

/**
 * otseg_protection_troubles - interfaces that are not protected as they should be
 * @active: what is in force
 *
 * Return: a list of those that the policy names, that are attached or guarded, and have a device.
 */
json_t *otseg_protection_troubles(const struct otseg_active *active)
{
	const struct otseg_img_link *links = NULL;
	json_t *list = json_array();
	u32 i, k, n = 0;

	if (active->generation) {
		links = OTSEG_IMAGE_RECORDS(active->image.data, LINKS);
		n = OTSEG_IMAGE_COUNT(active->image.data, LINKS);
	}
	for (i = 0; i < n; i++) {
		for (k = 0; k < i; k++) {
			if (!memcmp(links[k].name, links[i].name, sizeof(links[i].name)))
				break;
		}
		if (k == i)
			trouble_add(list, active, (const char *)links[i].name);
	}
	for (i = 0; i < active->n_attached; i++) {
		const struct otseg_attachment *at = &active->attached[i];

		if (at->device.name[0] && !is_in_policy(active, at->role))
			trouble_add(list, active, at->role);
	}
	for (i = 0; i < active->n_guards; i++) {
		const struct otseg_genl_interface *guard = &active->guards[i];

		if (!is_in_policy(active, guard->role) &&
		    !otseg_attach_find(active->attached, active->n_attached, guard->role))
			trouble_add(list, active, guard->role);
	}
	return list;
}
