// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF object through libbpf. What the verifier says is kept and shown only
 * if the load fails.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../command.h"
#include "bpf.h"

#define OBJECT_NAME "otseg.bpf.o"
#define OBJECT_MAX (16u << 20) /* bytes of an object that is taken seriously */
#define LOG_LINES 20 /* of the verifier's last words */

static const char *const object_dirs[] = { "/usr/local/lib/otseg", "/usr/lib/otseg" };

/* Tail of what libbpf had to say. */
static char log_text[8192];

static int log_collect(enum libbpf_print_level level, const char *format, va_list ap)
{
	size_t have = strlen(log_text), len, cut;
	char *text;

	/* The verifier's whole log may come as one message: only its end matters. */
	if (level != LIBBPF_WARN || vasprintf(&text, format, ap) < 0)
		return 0;
	len = strlen(text);
	if (len >= sizeof(log_text)) {
		memcpy(log_text, text + len - sizeof(log_text) + 1, sizeof(log_text));
	} else {
		if (have + len >= sizeof(log_text)) {
			cut = have + len - sizeof(log_text) + 1;
			memmove(log_text, log_text + cut, have - cut + 1);
			have -= cut;
		}
		memcpy(log_text + have, text, len + 1);
	}
	free(text);
	return 0;
}

static void log_print(void)
{
	const char *from = log_text + strlen(log_text);
	int lines = 0;

	while (from > log_text && lines <= LOG_LINES) {
		from--;
		lines += *from == '\n';
	}
	if (*from == '\n')
		from++;
	if (*from)
		fprintf(stderr, "%s%s", from, from[strlen(from) - 1] == '\n' ? "" : "\n");
}

static int digest_compute(const char *path, u8 digest[32])
{
	char *bytes;
	struct stat st;
	size_t len;
	FILE *file;
	int err = 0;

	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode) || st.st_size > (off_t)OBJECT_MAX) {
		fclose(file);
		return -EINVAL;
	}
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes) {
		fclose(file);
		return -ENOMEM;
	}
	len = fread(bytes, 1, (size_t)st.st_size, file);
	if (len != (size_t)st.st_size)
		err = -EIO;
	else if (!EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL))
		err = -EIO;
	free(bytes);
	fclose(file);
	return err;
}

static int beside_executable(char path[OTSEG_PIN_PATH])
{
	ssize_t len = readlink("/proc/self/exe", path, OTSEG_PIN_PATH - sizeof(OBJECT_NAME) - 1);
	char *slash;

	if (len < 0)
		return -errno;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	strcpy(slash + 1, OBJECT_NAME);
	return access(path, R_OK) ? -errno : 0;
}

static int object_locate(char path[OTSEG_PIN_PATH])
{
	const char *env = getenv("OTSEG_BPF_OBJECT");
	size_t i;

	if (env && *env) {
		snprintf(path, OTSEG_PIN_PATH, "%s", env);
		return 0;
	}
	if (!beside_executable(path))
		return 0;
	for (i = 0; i < sizeof(object_dirs) / sizeof(object_dirs[0]); i++) {
		snprintf(path, OTSEG_PIN_PATH, "%s/" OBJECT_NAME, object_dirs[i]);
		if (!access(path, R_OK))
			return 0;
	}
	otseg_error_print(OBJECT_NAME ": not beside the tool, nor in %s or %s; "
				      "OTSEG_BPF_OBJECT can name it",
			  object_dirs[0], object_dirs[1]);
	return -ENOENT;
}

/**
 * otseg_bpf_find - find the BPF object
 * @path: takes its path
 * @digest: takes the SHA-256 of it
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_bpf_find(char path[OTSEG_PIN_PATH], u8 digest[32])
{
	int err = object_locate(path);

	if (err)
		return err;
	err = digest_compute(path, digest);
	if (err)
		otseg_error_print("%s: %s", path, strerror(-err));
	return err;
}

/* Where variable @name of @knob_size bytes lies in the object's rodata; a negative errno if nowhere. */
static int knob_find(const struct btf *btf, const char *name, size_t knob_size, size_t size)
{
	const struct btf_var_secinfo *var;
	const struct btf_type *type;
	int id, i;

	id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	if (id < 0)
		return -ENOENT;
	type = btf__type_by_id(btf, (u32)id);
	var = btf_var_secinfos(type);
	for (i = btf_vlen(type); i > 0; i--, var++) {
		type = btf__type_by_id(btf, var->type);
		if (!strcmp(btf__name_by_offset(btf, type->name_off), name))
			return var->size == knob_size && var->offset + knob_size <= size ?
				       (int)var->offset :
				       -EINVAL;
	}
	return -ENOENT;
}

static struct bpf_map *section_find(struct bpf_object *object, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map) && strstr(bpf_map__name(map), section))
			return map;
	}
	return NULL;
}

/* Constants of the datapath; @value, of @knob_size bytes, takes it, or with @set is written. */
static int knob_access(struct bpf_object *object, const char *name, void *value, size_t knob_size,
		       bool set)
{
	struct bpf_map *rodata = section_find(object, ".rodata");
	const void *initial;
	size_t size = 0;
	u8 *bytes;
	int off, err;

	initial = rodata ? bpf_map__initial_value(rodata, &size) : NULL;
	if (!initial)
		return -ENOENT;
	off = knob_find(bpf_object__btf(object), name, knob_size, size);
	if (off < 0)
		return off;
	if (!set) {
		memcpy(value, (const u8 *)initial + off, knob_size);
		return 0;
	}
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, initial, size);
	memcpy(bytes + off, value, knob_size);
	err = bpf_map__set_initial_value(rodata, bytes, size);
	free(bytes);
	return err;
}

#define EVENTS_MAX 238 /* a second: one in each unit of the knob, see bpf/engine/event.h */

/* How many events of a kind a processor may tell a second, if the environment says so. */
static int events_limit(struct bpf_object *object)
{
	const char *env = getenv("OTSEG_EVENTS");
	unsigned long events;
	char *end;
	u8 gap;

	if (!env || !*env)
		return 0;
	events = strtoul(env, &end, 10);
	if (*end || *env == '-' || events > EVENTS_MAX) {
		otseg_error_print("OTSEG_EVENTS: expected a number from 0 to %u, found '%s'",
				  EVENTS_MAX, env);
		return -EINVAL;
	}
	gap = events ? EVENTS_MAX / events : 0;
	return knob_access(object, "otseg_event_gap", &gap, sizeof(gap), true);
}

/* Where the root lies; pinned under a name that the BPF file system allows. */
#define ROOT_SECTION ".data"
#define ROOT_PIN "otseg_root"

/* All that outlives the programs: the policy and its generation, too, which flows speak of. */
static const struct {
	const char *name;
	bool has_room; /* as much as the policy needs: in a larger set it is another map */
} state_maps[] = {
	{ "otseg_policy", true },
	{ "otseg_counters", true },
	{ "otseg_links", false },
	{ "otseg_ports", false },
	{ "otseg_table", false },
	{ "otseg_sessions", false },
	{ "otseg_memory", false },
	{ "otseg_limits", true },
	{ "otseg_live", false },
	{ "otseg_events", false },
	{ ROOT_PIN, false },
};

static struct bpf_map *state_map_find(struct bpf_object *object, const char *name)
{
	if (!strcmp(name, ROOT_PIN))
		return section_find(object, ROOT_SECTION);
	return bpf_object__find_map_by_name(object, name);
}

static int state_map_take(const struct otseg_pins *pins, struct bpf_map *map, const char *name)
{
	struct bpf_map_info info = {};
	char path[OTSEG_PIN_PATH];
	u32 len = sizeof(info);
	int fd, err;

	if (!map)
		return -ENOENT;
	err = otseg_pins_path(pins, path, "set%u/%s", pins->state.set, name);
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	err = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	if (!err && (info.type != bpf_map__type(map) || info.value_size != bpf_map__value_size(map) ||
		     info.max_entries != bpf_map__max_entries(map)))
		err = -EPROTO;
	if (!err)
		err = bpf_map__reuse_fd(map, fd);
	close(fd);
	return err;
}

/*
 * Has the object go on with what the set in use has, so that replacing it cuts no
 * connection: both sets are then programs on the same maps. Generations of another
 * owner of the policy mean nothing to it.
 */
static int state_take(const struct otseg_pins *pins, struct bpf_object *object,
		      enum otseg_backend_id backend, const struct otseg_class *room, u32 layout)
{
	bool same_room = !memcmp(&pins->state.room, room, sizeof(*room));
	const char *name;
	size_t i;
	int err;

	if (pins->state.backend != backend || pins->state.layout != layout)
		return 0;
	for (i = 0; i < sizeof(state_maps) / sizeof(state_maps[0]); i++) {
		name = state_maps[i].name;
		if (state_maps[i].has_room && !same_room)
			continue;
		err = state_map_take(pins, state_map_find(object, name), name);
		if (err) {
			otseg_error_print("%s: cannot go on with what the datapath in use has: %s",
					  name, strerror(-err));
			return err;
		}
	}
	return 0;
}

/*
 * What the policy is masked with, and the maps that are as large. @region takes a map like those
 * that will hold the policy; -1: none is needed.
 */
static int room_set(struct bpf_object *object, const struct otseg_class *room, int *region)
{
	struct bpf_map *policy = bpf_object__find_map_by_name(object, "otseg_policy");
	struct bpf_map *counters = bpf_object__find_map_by_name(object, "otseg_counters");
	struct bpf_map *limits = bpf_object__find_map_by_name(object, "otseg_limits");
	const struct {
		const char *knob;
		u32 room;
	} masks[] = {
		{ "otseg_mask_image", otseg_room_image(room) },
		{ "otseg_mask_conduits", otseg_room_conduits(room) },
		{ "otseg_mask_rules", otseg_room_rules(room) },
		{ "otseg_mask_limiters", otseg_room_limiters(room) },
	};
	int err = 0;
	size_t i;
	u32 mask;

	for (i = 0; !err && i < sizeof(masks) / sizeof(masks[0]); i++) {
		mask = masks[i].room - 1;
		err = knob_access(object, masks[i].knob, &mask, sizeof(mask), true);
	}
	/* Two slots of one block for each processor. */
	if (!err)
		err = bpf_map__set_max_entries(counters, 2 * (u32)libbpf_num_possible_cpus());
	if (!err)
		err = bpf_map__set_value_size(counters, otseg_room_block(room));
	/* Of even and odd generations. */
	if (!err)
		err = bpf_map__set_max_entries(limits, 2 * otseg_room_limiters(room));
	if (err)
		return err;
	*region = otseg_bpf_region(room);
	return *region < 0 ? *region : bpf_map__set_inner_map_fd(policy, *region);
}

/* With the module, policy and counters are not in maps. */
static int room_drop(struct bpf_object *object)
{
	struct bpf_map *counters = bpf_object__find_map_by_name(object, "otseg_counters");
	int err = bpf_map__set_max_entries(counters, 1);

	return err ? err : bpf_map__set_value_size(counters, sizeof(u64));
}

static int object_pin(const struct otseg_pins *pins, u32 set, struct bpf_object *object)
{
	struct bpf_program *prog;
	char path[OTSEG_PIN_PATH];
	struct bpf_map *map, *root = section_find(object, ROOT_SECTION);
	int err;

	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map) && map != root)
			continue;
		err = otseg_pins_path(pins, path, "set%u/%s", set,
				      map == root ? ROOT_PIN : bpf_map__name(map));
		if (!err)
			err = bpf_map__pin(map, path);
		if (err)
			return err;
	}
	bpf_object__for_each_program(prog, object) {
		err = otseg_pins_path(pins, path, "set%u/%s", set, bpf_program__name(prog));
		if (!err)
			err = bpf_program__pin(prog, path);
		if (err)
			return err;
	}
	return 0;
}

static int object_load(const struct otseg_pins *pins, struct bpf_object *object,
		       enum otseg_backend_id backend, const struct otseg_class *room, u32 *layout)
{
	u8 use_module = backend == OTSEG_BACKEND_MODULE, state_layout = 0;
	int region = -1, err = 0;
	struct bpf_map *map;

	/* Where things are pinned is decided here alone. */
	bpf_object__for_each_map(map, object) {
		err = bpf_map__set_pin_path(map, NULL);
		if (err)
			return err;
	}
	err = knob_access(object, "otseg_use_module", &use_module, sizeof(use_module), true);
	if (!err)
		err = events_limit(object);
	if (!err)
		err = knob_access(object, "otseg_state_layout", &state_layout, sizeof(state_layout),
				  false);
	if (!err)
		err = use_module ? room_drop(object) : room_set(object, room, &region);
	if (!err)
		err = state_take(pins, object, backend, room, state_layout);
	if (!err) {
		*layout = state_layout;
		err = bpf_object__load(object);
	}
	if (region >= 0)
		close(region);
	return err;
}

/**
 * otseg_bpf_region - make a map that can hold a policy
 * @room: how large it may be
 *
 * Return: its fd or a negative errno, not told.
 */
int otseg_bpf_region(const struct otseg_class *room)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "otseg_region", sizeof(u32),
				otseg_room_region(room), 1, &opts);

	return fd < 0 ? -errno : fd;
}

/**
 * otseg_bpf_create - load the BPF object and pin it as a set
 * @pins: the folder, locked
 * @set: the set; what is left of an earlier one is removed
 * @path: the object
 * @backend: where the datapath is to find its policy
 * @room: map-backed mode: how large a policy it is to have room for
 * @layout: takes the layout of its state; if the set in use has the same one and
 *	the same owner of the policy, both have the same maps, but for those of the
 *	policy, its counters and rates if their room differs
 *
 * Return: 0 or a negative errno, which has been told; then there is no such set.
 */
int otseg_bpf_create(const struct otseg_pins *pins, u32 set, const char *path,
		     enum otseg_backend_id backend, const struct otseg_class *room, u32 *layout)
{
	struct bpf_object *object;
	char dir[OTSEG_PIN_PATH];
	char name[8];
	int err;

	snprintf(name, sizeof(name), "set%u", set);
	err = otseg_pins_remove_tree(pins, name);
	if (!err)
		err = otseg_pins_path(pins, dir, "%s", name);
	if (err)
		return err;
	libbpf_set_print(log_collect);
	log_text[0] = '\0';
	object = bpf_object__open_file(path, NULL);
	if (!object) {
		err = -errno;
		otseg_error_print("%s: cannot read the BPF object: %s", path, strerror(-err));
		log_print();
		return err;
	}
	err = object_load(pins, object, backend, room, layout);
	if (err) {
		otseg_error_print("%s: the kernel refuses the datapath: %s", path, strerror(-err));
		log_print();
		goto out;
	}
	if (mkdir(dir, 0700))
		err = -errno;
	else
		err = object_pin(pins, set, object);
	if (err) {
		otseg_error_print("%s: cannot pin the datapath: %s", dir, strerror(-err));
		otseg_pins_remove_tree(pins, name);
	}
out:
	bpf_object__close(object);
	return err;
}

static int pinned_open(const struct otseg_pins *pins, u32 set, const char *name, int *fd,
		       bool may_miss)
{
	char path[OTSEG_PIN_PATH];
	int err;

	err = otseg_pins_path(pins, path, "set%u/%s", set, name);
	if (err)
		return err;
	*fd = bpf_obj_get(path);
	if (*fd >= 0)
		return 0;
	err = -errno;
	*fd = -1;
	if (may_miss && err == -ENOENT)
		return 0;
	otseg_error_print("%s: %s", path, strerror(-err));
	return err;
}

/**
 * otseg_bpf_open - open a pinned set
 * @pins: the folder
 * @set: the set
 * @bpf: takes its fds; otseg_bpf_close() it
 *
 * Return: 0 or a negative errno, which has been told; then nothing is open.
 */
int otseg_bpf_open(const struct otseg_pins *pins, u32 set, struct otseg_bpf *bpf)
{
	const struct {
		const char *name;
		int *fd;
	} items[] = {
		{ "otseg_xdp", &bpf->xdp },	  { "otseg_start", &bpf->start },
		{ "otseg_policy", &bpf->policy }, { "otseg_counters", &bpf->counters },
		{ "otseg_links", &bpf->links },	  { "otseg_live", &bpf->live },
	};
	/* A set of an older datapath has none of these. */
	const struct {
		const char *name;
		int *fd;
	} younger[] = {
		{ "otseg_ports", &bpf->ports },
		{ "otseg_table", &bpf->table },
		{ "otseg_sessions", &bpf->sessions },
		{ ROOT_PIN, &bpf->root },
	};
	size_t i;
	int err;

	*bpf = (struct otseg_bpf)OTSEG_BPF_CLOSED;
	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		err = pinned_open(pins, set, items[i].name, items[i].fd, false);
		if (err) {
			otseg_bpf_close(bpf);
			return err;
		}
	}
	for (i = 0; i < sizeof(younger) / sizeof(younger[0]); i++) {
		err = pinned_open(pins, set, younger[i].name, younger[i].fd, true);
		if (err) {
			otseg_bpf_close(bpf);
			return err;
		}
	}
	return 0;
}

/**
 * otseg_bpf_start - start the sweep of the flow table
 * @bpf: the set
 *
 * The sweep ends with the map that its timer lives in. Starting it twice does
 * no harm.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_bpf_start(const struct otseg_bpf *bpf)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = bpf_prog_test_run_opts(bpf->start, &opts) ? -errno : (int)opts.retval;

	if (err)
		otseg_error_print("cannot start the sweep of the flow table: %s", strerror(-err));
	return err;
}

/**
 * otseg_bpf_close - close what otseg_bpf_open() opened
 * @bpf: the set
 */
void otseg_bpf_close(struct otseg_bpf *bpf)
{
	int *fds[] = { &bpf->xdp, &bpf->start, &bpf->policy, &bpf->counters, &bpf->links,
		       &bpf->ports, &bpf->table, &bpf->sessions, &bpf->live, &bpf->root };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/**
 * otseg_bpf_id - the kernel's id of a program
 * @prog_fd: the program
 *
 * Return: its id, 0 if it cannot be told.
 */
u32 otseg_bpf_id(int prog_fd)
{
	struct bpf_prog_info info = {};
	u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.id;
}
