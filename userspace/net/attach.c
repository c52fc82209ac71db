// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching and detaching. The entry of an interface is written before the
 * program runs on it and erased after it has ceased to, so the program never
 * meets an interface that it has no name for.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../bpf/engine/env.h"
#include "../command.h"
#include "attach.h"
#include "root.h"

static int entry_read(const struct otseg_bpf *bpf, u32 ifindex, struct otseg_link *entry)
{
	u32 slot = ifindex & (OTSEG_LINK_SLOTS - 1);

	return bpf_map_lookup_elem(bpf->links, &slot, entry) ? -errno : 0;
}

/*
 * The datapath compares names anew once it sees that an entry has been written. A set without a
 * root is of a version that compares them for each frame.
 */
static int entry_write(const struct otseg_bpf *bpf, u32 ifindex, struct otseg_link *entry)
{
	u32 slot = ifindex & (OTSEG_LINK_SLOTS - 1);
	struct otseg_root *root = NULL;
	int err = 0;

	if (bpf->root >= 0)
		err = otseg_root_map(bpf, PROT_READ | PROT_WRITE, &root);
	if (err)
		return err;
	entry->known = 0;
	if (bpf_map_update_elem(bpf->links, &slot, entry, BPF_ANY))
		err = -errno;
	if (root)
		__atomic_fetch_add(&root->names, 1, __ATOMIC_SEQ_CST);
	otseg_root_unmap(root);
	return err;
}

/* Whether frames of a wire can leave by an interface. A set without wires has no ports. */
static int port_write(const struct otseg_bpf *bpf, u32 ifindex)
{
	u32 slot = ifindex & (OTSEG_LINK_SLOTS - 1);

	if (bpf->ports < 0)
		return 0;
	return bpf_map_update_elem(bpf->ports, &slot, &ifindex, BPF_ANY) ? -errno : 0;
}

static int entry_erase(const struct otseg_bpf *bpf, u32 ifindex)
{
	struct otseg_link none = {};
	u32 slot = ifindex & (OTSEG_LINK_SLOTS - 1);

	if (bpf->ports >= 0 && bpf_map_delete_elem(bpf->ports, &slot) && errno != ENOENT)
		return -errno;
	return entry_write(bpf, ifindex, &none);
}

static int link_path(const struct otseg_pins *pins, char path[OTSEG_PIN_PATH], u32 ifindex)
{
	return otseg_pins_path(pins, path, "links/%u", ifindex);
}

/* How the program runs on a device: the link itself does not tell. */
static enum otseg_attach_mode mode_query(u32 ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	if (!bpf_xdp_query((int)ifindex, 0, &opts) && opts.attach_mode == XDP_ATTACHED_SKB)
		return OTSEG_ATTACH_GENERIC;
	return OTSEG_ATTACH_NATIVE;
}

/**
 * otseg_attach_other - the program on a device that the datapath is not attached to
 * @ifindex: the device
 * @mode: takes how it runs
 *
 * Return: its id, 0: none.
 */
u32 otseg_attach_other(u32 ifindex, enum otseg_attach_mode *mode)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	if (bpf_xdp_query((int)ifindex, 0, &opts))
		return 0;
	*mode = opts.drv_prog_id || opts.hw_prog_id ? OTSEG_ATTACH_NATIVE : OTSEG_ATTACH_GENERIC;
	if (opts.drv_prog_id)
		return opts.drv_prog_id;
	return opts.hw_prog_id ? opts.hw_prog_id : opts.skb_prog_id;
}

/* The program of a set that is not opened; 0: there is none. */
static u32 set_program(const struct otseg_pins *pins, u32 set)
{
	char path[OTSEG_PIN_PATH];
	u32 id = 0;
	int fd;

	if (otseg_pins_path(pins, path, "set%u/otseg_xdp", set))
		return 0;
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		id = otseg_bpf_id(fd);
		close(fd);
	}
	return id;
}

/* Whether a program is that of neither set; while one takes over from the other, both run. */
static bool is_foreign(const struct otseg_pins *pins, const struct otseg_bpf *bpf, u32 prog_id)
{
	u32 own = otseg_bpf_id(bpf->xdp);

	return own && prog_id && prog_id != own && prog_id != set_program(pins, 0) &&
	       prog_id != set_program(pins, 1);
}

/* What a pinned link is attached to; ifindex 0 when its device is gone. */
static int link_query(const struct otseg_pins *pins, u32 ifindex, u32 *attached_to, u32 *prog_id)
{
	struct bpf_link_info info = {};
	char path[OTSEG_PIN_PATH];
	u32 len = sizeof(info);
	int fd, err;

	err = link_path(pins, path, ifindex);
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	err = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	close(fd);
	*attached_to = info.xdp.ifindex;
	*prog_id = info.prog_id;
	return err;
}

static int attachment_read(const struct otseg_pins *pins, const struct otseg_bpf *bpf, u32 ifindex,
			   struct otseg_attachment *attachment)
{
	struct otseg_link entry = {};
	u32 attached_to = 0;
	int err;

	memset(attachment, 0, sizeof(*attachment));
	err = link_query(pins, ifindex, &attached_to, &attachment->prog_id);
	if (err)
		return err;
	err = entry_read(bpf, ifindex, &entry);
	if (err)
		return err;
	attachment->device.ifindex = ifindex;
	if (entry.ifindex == ifindex) {
		memcpy(attachment->role, entry.name, sizeof(attachment->role));
		attachment->role[sizeof(attachment->role) - 1] = '\0';
		attachment->link_flags = entry.flags;
		attachment->peer = entry.peer;
		attachment->since_s = entry.since_s;
	}
	if (attached_to != ifindex || otseg_device_get(ifindex, &attachment->device))
		return 0;
	attachment->mode = mode_query(ifindex);
	attachment->is_foreign = is_foreign(pins, bpf, attachment->prog_id);
	return 0;
}

/**
 * otseg_attach_list - list the interfaces that the datapath runs on
 * @pins: the folder
 * @bpf: the set in use
 * @list: takes the list; free() it
 * @n_list: takes its length
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_attach_list(const struct otseg_pins *pins, const struct otseg_bpf *bpf,
		      struct otseg_attachment **list, size_t *n_list)
{
	struct otseg_attachment *items = NULL, *grown;
	char path[OTSEG_PIN_PATH];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;
	int err;

	err = otseg_pins_path(pins, path, "links");
	if (err)
		return err;
	dir = opendir(path);
	if (!dir) {
		err = errno == ENOENT ? 0 : -errno;
		goto out;
	}
	while (!err && (entry = readdir(dir))) {
		u32 ifindex = (u32)strtoul(entry->d_name, NULL, 10);

		if (!ifindex)
			continue;
		grown = reallocarray(items, n + 1, sizeof(*items));
		if (!grown) {
			err = -ENOMEM;
			break;
		}
		items = grown;
		err = attachment_read(pins, bpf, ifindex, &items[n]);
		if (err == -ENOENT)
			err = 0; /* detached since the folder was read */
		else
			n++;
	}
	closedir(dir);
out:
	if (err) {
		otseg_error_print("%s: %s", path, strerror(-err));
		free(items);
		return err;
	}
	*list = items;
	*n_list = n;
	return 0;
}

/**
 * otseg_attach_find - find the attachment that plays a role
 * @list: attachments
 * @n_list: their number
 * @role: the policy's name of an interface
 *
 * Return: the attachment to a device that exists, or NULL.
 */
const struct otseg_attachment *otseg_attach_find(const struct otseg_attachment *list, size_t n_list,
						 const char *role)
{
	size_t i;

	for (i = 0; i < n_list; i++) {
		if (list[i].device.name[0] && !strcmp(list[i].role, role))
			return &list[i];
	}
	return NULL;
}

static int entry_claim(const struct otseg_bpf *bpf, const struct otseg_device *device,
		       const char *role, u32 link_flags, u32 peer)
{
	struct otseg_link entry = {};
	struct otseg_device other;
	int err;

	err = entry_read(bpf, device->ifindex, &entry);
	if (err)
		return err;
	if (entry.ifindex && entry.ifindex != device->ifindex &&
	    !otseg_device_get(entry.ifindex, &other)) {
		otseg_error_print("%s: its index %u and that of %s (%u) cannot both be governed",
				  device->name, device->ifindex, other.name, other.ifindex);
		return -ENOSPC;
	}
	memset(&entry, 0, sizeof(entry));
	entry.ifindex = device->ifindex;
	entry.flags = link_flags;
	entry.peer = peer;
	entry.since_s = otseg_attach_now();
	memcpy(entry.name, role, strlen(role));
	err = entry_write(bpf, device->ifindex, &entry);
	if (err)
		return err;
	err = port_write(bpf, device->ifindex);
	if (err)
		entry_erase(bpf, device->ifindex);
	return err;
}

static int link_create(int prog, u32 ifindex, enum otseg_attach_mode *mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int fd = -1, err = -EOPNOTSUPP;

	if (*mode != OTSEG_ATTACH_GENERIC) {
		opts.flags = XDP_FLAGS_DRV_MODE;
		fd = bpf_link_create(prog, (int)ifindex, BPF_XDP, &opts);
		err = -errno;
	}
	if (fd >= 0) {
		*mode = OTSEG_ATTACH_NATIVE;
		return fd;
	}
	/* Somebody else's program is no reason to try the other mode. */
	if (*mode == OTSEG_ATTACH_NATIVE || err == -EBUSY || err == -EEXIST || err == -EPERM)
		return err;
	opts.flags = XDP_FLAGS_SKB_MODE;
	fd = bpf_link_create(prog, (int)ifindex, BPF_XDP, &opts);
	if (fd < 0)
		return -errno;
	*mode = OTSEG_ATTACH_GENERIC;
	return fd;
}

/* Frames that generic XDP redirects leave by any device; the datapath has to know. */
static int entry_mark_generic(const struct otseg_bpf *bpf, u32 ifindex, u32 *link_flags)
{
	struct otseg_link entry = {};
	int err;

	err = entry_read(bpf, ifindex, &entry);
	if (err)
		return err;
	*link_flags |= OTSEG_LINK_GENERIC;
	entry.flags = *link_flags;
	return entry_write(bpf, ifindex, &entry);
}

/**
 * otseg_attach_add - have the datapath run on an interface
 * @pins: the folder, locked
 * @bpf: the set
 * @device: the interface
 * @role: the policy's name for it
 * @link_flags: flags of its entry, but those that follow from device and mode
 * @mode: how it is to run
 * @attachment: takes what came of it
 *
 * Return: 0 or a negative errno, which has been told; then nothing has changed.
 */
int otseg_attach_add(const struct otseg_pins *pins, const struct otseg_bpf *bpf,
		     const struct otseg_device *device, const char *role, u32 link_flags,
		     enum otseg_attach_mode mode, struct otseg_attachment *attachment)
{
	char path[OTSEG_PIN_PATH];
	int fd, err;

	if (otseg_device_has_checksums(device))
		link_flags |= OTSEG_LINK_CHECKSUMS;
	err = otseg_device_expose_vlans(device);
	if (err) {
		otseg_error_print("%s: cannot keep VLAN tags in its frames: %s", device->name,
				  strerror(-err));
		return err;
	}
	err = link_path(pins, path, device->ifindex);
	if (err)
		return err;
	/* A link whose device is gone leaves its pin behind. */
	if (unlink(path) && errno != ENOENT)
		return -errno;
	err = entry_claim(bpf, device, role, link_flags, 0);
	if (err)
		return err;
	fd = link_create(bpf->xdp, device->ifindex, &mode);
	if (fd < 0) {
		err = fd == -EEXIST ? -EBUSY : fd;
		otseg_error_print("%s: cannot attach the datapath: %s%s", device->name,
				  strerror(-err),
				  err == -EBUSY ? " (another XDP program runs on it)" : "");
		goto out;
	}
	if (mode == OTSEG_ATTACH_GENERIC)
		err = entry_mark_generic(bpf, device->ifindex, &link_flags);
	if (!err && bpf_obj_pin(fd, path))
		err = -errno;
	if (err) {
		otseg_error_print("%s: %s", path, strerror(-err));
		close(fd);
		goto out;
	}
	close(fd);
	memset(attachment, 0, sizeof(*attachment));
	attachment->device = *device;
	snprintf(attachment->role, sizeof(attachment->role), "%s", role);
	attachment->link_flags = link_flags;
	attachment->prog_id = otseg_bpf_id(bpf->xdp);
	attachment->mode = mode;
	return 0;

out:
	entry_erase(bpf, device->ifindex);
	return err;
}

/**
 * otseg_attach_update - replace the program on an interface, without a gap
 * @pins: the folder, locked
 * @attachment: the interface
 * @prog: the program to run from now on
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_attach_update(const struct otseg_pins *pins, const struct otseg_attachment *attachment,
			int prog)
{
	char path[OTSEG_PIN_PATH];
	int fd, err;

	err = link_path(pins, path, attachment->device.ifindex);
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	err = bpf_link_update(fd, prog, NULL) ? -errno : 0;
	close(fd);
out:
	if (err)
		otseg_error_print("%s: cannot replace the datapath: %s", attachment->device.name,
				  strerror(-err));
	return err;
}

/**
 * otseg_attach_remove - have the datapath run on an interface no longer
 * @pins: the folder, locked
 * @bpf: the set in use
 * @ifindex: the interface
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_attach_remove(const struct otseg_pins *pins, const struct otseg_bpf *bpf, u32 ifindex)
{
	struct otseg_link entry;
	char path[OTSEG_PIN_PATH];
	int fd, err;

	err = link_path(pins, path, ifindex);
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	/* The last fd would detach it only some time later. */
	if (bpf_link_detach(fd) && errno != ENOLINK)
		err = -errno;
	if (!err && unlink(path))
		err = -errno;
	close(fd);
	if (!err)
		err = entry_read(bpf, ifindex, &entry);
	if (!err && entry.ifindex == ifindex) {
		if (entry.flags & OTSEG_LINK_HELD)
			otseg_error_print("warning: interface %.15s stays down: the other end of its "
					  "wire had no link",
					  (const char *)entry.name);
		err = entry_erase(bpf, ifindex);
	}
out:
	if (err)
		otseg_error_print("%s: %s", path, strerror(-err));
	return err;
}

/**
 * otseg_attach_peer - say which interface is the other end of one's wire
 * @bpf: the set
 * @attachment: the interface
 * @peer: index of the other end, 0: none
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_attach_peer(const struct otseg_bpf *bpf, const struct otseg_attachment *attachment,
		      u32 peer)
{
	struct otseg_link entry = {};
	int err;

	err = entry_read(bpf, attachment->device.ifindex, &entry);
	if (!err && entry.ifindex == attachment->device.ifindex && entry.peer != peer) {
		entry.peer = peer;
		err = entry_write(bpf, attachment->device.ifindex, &entry);
	}
	if (err)
		otseg_error_print("%s: %s", attachment->device.name, strerror(-err));
	return err;
}

/**
 * otseg_attach_hold - remember whether the mirror of its wire has taken it down
 * @bpf: the set
 * @attachment: the interface
 * @is_held: it has
 *
 * Return: 0, -ENODEV if the set does not govern the interface any more, or another
 * negative errno, which has been told.
 */
int otseg_attach_hold(const struct otseg_bpf *bpf, const struct otseg_attachment *attachment,
		      bool is_held)
{
	struct otseg_link entry = {};
	int err;

	err = entry_read(bpf, attachment->device.ifindex, &entry);
	if (!err && entry.ifindex != attachment->device.ifindex)
		return -ENODEV;
	if (!err) {
		entry.flags &= ~OTSEG_LINK_HELD;
		entry.flags |= is_held ? OTSEG_LINK_HELD : 0;
		err = entry_write(bpf, attachment->device.ifindex, &entry);
	}
	if (err)
		otseg_error_print("%s: %s", attachment->device.name, strerror(-err));
	return err;
}

/**
 * otseg_attach_copy - write the entry of a governed interface into another set, with which it
 *	begins anew
 * @to: the other set
 * @attachment: the interface
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_attach_copy(const struct otseg_bpf *to, const struct otseg_attachment *attachment)
{
	int err = entry_claim(to, &attachment->device, attachment->role, attachment->link_flags,
			      attachment->peer);

	if (err)
		otseg_error_print("%s: %s", attachment->device.name, strerror(-err));
	return err;
}

/**
 * otseg_attach_now - the datapath's clock, as it is now
 *
 * Return: seconds.
 */
u32 otseg_attach_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return otseg_seconds((u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec);
}

/**
 * otseg_attach_mode_name - the word for a mode
 * @mode: the mode
 *
 * Return: the word.
 */
const char *otseg_attach_mode_name(enum otseg_attach_mode mode)
{
	static const char *const names[] = { "auto", "native", "generic" };

	return names[mode];
}

/**
 * otseg_attach_why - why an interface runs the datapath in the way it does
 * @attachment: the interface
 *
 * Return: the reason, in parentheses after a blank; empty where nothing is to be said.
 */
const char *otseg_attach_why(const struct otseg_attachment *attachment)
{
	if (attachment->mode != OTSEG_ATTACH_GENERIC)
		return "";
	return attachment->link_flags & OTSEG_LINK_LOSES_MARK ?
		       " (the driver loses the mark of its own one: slower)" :
		       " (the driver has no native one: slower)";
}
