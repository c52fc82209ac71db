// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pin folder: finding, mounting, locking, its state record and its removal.
 * The lock is advisory and on the folder itself, so it guards exactly the state
 * that two tools could fight over.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../command.h"
#include "pin.h"

#define BPFFS "/sys/fs/bpf"
#define PIN_DIR BPFFS "/otseg"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/**
 * otseg_pins_path - spell a path in the folder
 * @pins: the folder
 * @path: takes the path
 * @format: as for printf, the rest of the path
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int otseg_pins_path(const struct otseg_pins *pins, char path[OTSEG_PIN_PATH], const char *format,
		    ...)
{
	va_list ap;
	int head, len;

	head = snprintf(path, OTSEG_PIN_PATH, "%s/", pins->dir);
	va_start(ap, format);
	len = vsnprintf(path + head, (size_t)(OTSEG_PIN_PATH - head), format, ap);
	va_end(ap);
	return len < 0 || len >= OTSEG_PIN_PATH - head ? -ENAMETOOLONG : 0;
}

/**
 * otseg_pins_netns - identity of the network namespace of this process
 *
 * Return: its cookie, which no other one gets before the next boot; 0 if unknown.
 */
u64 otseg_pins_netns(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u64 cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		cookie = 0;
	close(fd);
	return cookie;
}

static int state_read(struct otseg_pins *pins)
{
	char path[OTSEG_PIN_PATH];
	u32 zero = 0;
	int err;

	err = otseg_pins_path(pins, path, "state");
	if (err)
		return err;
	pins->state_fd = bpf_obj_get(path);
	if (pins->state_fd < 0) {
		err = -errno;
		pins->state_fd = -1;
		if (err == -ENOENT)
			return 0;
		otseg_error_print("%s: %s", path, strerror(-err));
		return err;
	}
	if (bpf_map_lookup_elem(pins->state_fd, &zero, &pins->state)) {
		err = -errno;
		otseg_error_print("%s: %s", path, strerror(-err));
		return err;
	}
	if (pins->state.magic != OTSEG_PIN_MAGIC || pins->state.version != OTSEG_PIN_VERSION ||
	    pins->state.set > 1) {
		otseg_error_print("%s: made by another version of this tool", path);
		return -EPROTO;
	}
	return 0;
}

/**
 * otseg_pins_open - look at the folder without changing anything
 * @pins: takes the folder; otseg_pins_close() it, also after an error
 *
 * Without a folder, or without anything in it, the state's backend is NONE.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_pins_open(struct otseg_pins *pins)
{
	const char *dir = getenv("OTSEG_PIN_DIR");

	memset(pins, 0, sizeof(*pins));
	pins->lock_fd = -1;
	pins->state_fd = -1;
	if (!dir || !*dir)
		dir = PIN_DIR;
	if (strlen(dir) >= sizeof(pins->dir)) {
		otseg_error_print("OTSEG_PIN_DIR: %s", strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	snprintf(pins->dir, sizeof(pins->dir), "%s", dir);
	return state_read(pins);
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* A mount made in a private mount namespace would take the datapath with it when it ends. */
static bool in_first_mount_namespace(void)
{
	struct stat own, first;

	return !stat("/proc/self/ns/mnt", &own) && !stat("/proc/1/ns/mnt", &first) &&
	       own.st_ino == first.st_ino && own.st_dev == first.st_dev;
}

static int bpffs_mount(void)
{
	if (is_bpffs(BPFFS))
		return 0;
	if (!in_first_mount_namespace()) {
		otseg_error_print("%s: no BPF file system here, and one mounted in this mount "
				  "namespace would end with it; mount it first, or enter only the "
				  "network namespace (nsenter --net=...)",
				  BPFFS);
		return -ENODEV;
	}
	if (mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700")) {
		int err = -errno;

		otseg_error_print("%s: cannot mount the BPF file system: %s", BPFFS,
				  strerror(-err));
		return err;
	}
	return 0;
}

static int dir_make(const char *path)
{
	int err;

	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	err = -errno;
	otseg_error_print("%s: %s", path, strerror(-err));
	return err;
}

static int lock_take(struct otseg_pins *pins)
{
	int err;

	pins->lock_fd = open(pins->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pins->lock_fd >= 0 && !flock(pins->lock_fd, LOCK_EX | LOCK_NB))
		return 0;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (pins->lock_fd >= 0)
		close(pins->lock_fd);
	pins->lock_fd = -1;
	otseg_error_print("%s: %s", pins->dir,
			  err == -EBUSY ? "another otseg is changing the datapath" :
					  strerror(-err));
	return err;
}

/* Under the lock: what the folder holds now, which may not be what it held before. */
static int state_reread(struct otseg_pins *pins)
{
	int err;

	if (pins->state_fd >= 0)
		close(pins->state_fd);
	pins->state_fd = -1;
	memset(&pins->state, 0, sizeof(pins->state));
	err = state_read(pins);
	if (!err && pins->state.backend != OTSEG_BACKEND_NONE &&
	    pins->state.netns != otseg_pins_netns()) {
		otseg_error_print("%s: belongs to another network namespace", pins->dir);
		return -EXDEV;
	}
	return err;
}

/**
 * otseg_pins_lock - make sure there is a folder, and keep others from changing it
 * @pins: the folder, opened
 *
 * Reads the state again under the lock.
 *
 * Return: 0, -EBUSY if another tool is at work, or another negative errno; told.
 */
int otseg_pins_lock(struct otseg_pins *pins)
{
	char links[OTSEG_PIN_PATH];
	int err;

	if (!strncmp(pins->dir, BPFFS "/", strlen(BPFFS "/"))) {
		err = bpffs_mount();
		if (err)
			return err;
	}
	err = otseg_pins_path(pins, links, "links");
	if (!err)
		err = dir_make(pins->dir);
	if (err)
		return err;
	if (!is_bpffs(pins->dir)) {
		otseg_error_print("%s: not in a BPF file system", pins->dir);
		return -EINVAL;
	}
	err = lock_take(pins);
	if (err)
		return err;
	err = dir_make(links);
	return err ? err : state_reread(pins);
}

/**
 * otseg_pins_hold - open the folder, and lock it if there is anything in it
 * @pins: takes the folder; otseg_pins_close() it, also after an error
 *
 * For who changes what is there, but does not begin.
 *
 * Return: as otseg_pins_lock().
 */
int otseg_pins_hold(struct otseg_pins *pins)
{
	int err = otseg_pins_open(pins);

	if (!err && pins->state.backend != OTSEG_BACKEND_NONE)
		err = otseg_pins_lock(pins);
	return err;
}

/**
 * otseg_pins_close - let go of the folder and its lock
 * @pins: the folder; if it was locked and nothing came into it, it goes
 */
void otseg_pins_close(struct otseg_pins *pins)
{
	char links[OTSEG_PIN_PATH];

	if (pins->lock_fd >= 0 && !otseg_pins_path(pins, links, "links")) {
		/* They stay if they are not empty. */
		rmdir(links);
		rmdir(pins->dir);
	}
	if (pins->state_fd >= 0)
		close(pins->state_fd);
	if (pins->lock_fd >= 0)
		close(pins->lock_fd);
	pins->state_fd = -1;
	pins->lock_fd = -1;
}

static int state_create(struct otseg_pins *pins, const struct otseg_pin_state *state)
{
	char path[OTSEG_PIN_PATH];
	u32 zero = 0;
	int fd, err;

	err = otseg_pins_path(pins, path, "state");
	if (err)
		return err;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "otseg_state", sizeof(zero), sizeof(*state), 1,
			    NULL);
	if (fd < 0)
		return -errno;
	/* Pinned only with its value: a reader never sees an empty state. */
	if (bpf_map_update_elem(fd, &zero, state, BPF_ANY) || bpf_obj_pin(fd, path)) {
		err = -errno;
		close(fd);
		return err;
	}
	pins->state_fd = fd;
	return 0;
}

/**
 * otseg_pins_write - record what the folder holds
 * @pins: the folder, locked
 * @state: the record; a reader sees the old one or this one
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_pins_write(struct otseg_pins *pins, const struct otseg_pin_state *state)
{
	u32 zero = 0;
	int err = 0;

	if (pins->state_fd < 0)
		err = state_create(pins, state);
	else if (bpf_map_update_elem(pins->state_fd, &zero, state, BPF_ANY))
		err = -errno;
	if (err)
		otseg_error_print("%s/state: %s", pins->dir, strerror(-err));
	else
		pins->state = *state;
	return err;
}

/**
 * otseg_pins_remove_tree - remove one flat folder of the folder
 * @pins: the folder, locked
 * @name: its name; that it does not exist is fine
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_pins_remove_tree(const struct otseg_pins *pins, const char *name)
{
	char path[OTSEG_PIN_PATH];
	struct dirent *entry;
	DIR *dir;
	int err;

	err = otseg_pins_path(pins, path, "%s", name);
	if (err)
		return err;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0)) {
			err = -errno;
			otseg_error_print("%s/%s: %s", path, entry->d_name, strerror(-err));
		}
	}
	closedir(dir);
	if (!err && rmdir(path)) {
		err = -errno;
		otseg_error_print("%s: %s", path, strerror(-err));
	}
	return err;
}

/**
 * otseg_pins_remove - remove all that is pinned, and the folder
 * @pins: the folder, locked
 *
 * Attachments go first, so that the programs never run without their maps.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_pins_remove(struct otseg_pins *pins)
{
	static const char *const trees[] = { "links", "set0", "set1" };
	static const char *const files[] = { "state", OTSEG_PIN_CARRY, OTSEG_PIN_CARRY_NEXT };
	char path[OTSEG_PIN_PATH];
	size_t i;
	int err;

	for (i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		err = otseg_pins_remove_tree(pins, trees[i]);
		if (err)
			return err;
	}
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		err = otseg_pins_path(pins, path, "%s", files[i]);
		if (err)
			return err;
		if (unlink(path) && errno != ENOENT) {
			err = -errno;
			otseg_error_print("%s: %s", path, strerror(-err));
			return err;
		}
	}
	if (rmdir(pins->dir)) {
		err = -errno;
		otseg_error_print("%s: %s", pins->dir, strerror(-err));
		return err;
	}
	memset(&pins->state, 0, sizeof(pins->state));
	return 0;
}
