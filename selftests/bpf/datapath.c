// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datapath of datapath.h. Maps are mapped into this process, so a frame costs
 * one system call. Nothing is pinned or attached: the kernel forgets all of it
 * with the process.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "../../bpf/engine/env.h"
#include "../../userspace/net/segment.h"
#include "../unit/ktap.h"
#include "datapath.h"

#define LOG_LEN (1u << 20)

/* As in bpf/maps.h. */
struct probe {
	u64 now_ns;
	struct otseg_verdict verdict;
};

/**
 * struct datapath - a loaded datapath
 * @subject: as a subject
 * @object: the BPF object
 * @prog: its XDP program
 * @generation: of the policy in force
 * @probe: clock in, verdict out
 * @counters: all counter blocks
 * @links: interfaces
 * @ring: reader of events
 * @block: bytes from one counter block to the next
 * @log: of the verifier
 */
struct datapath {
	struct subject subject;
	struct bpf_object *object;
	int prog;
	u32 generation;
	struct probe *probe;
	u8 *counters;
	struct otseg_link *links;
	struct ring_buffer *ring;
	size_t block;
	char *log;
};

static struct datapath *datapath_of(struct subject *s)
{
	return (struct datapath *)s;
}

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* What the segments of a map are like, NULL: it has none. */
static const struct otseg_segments *segments_of(const char *map)
{
	if (!strcmp(map, "otseg_table"))
		return &otseg_flow_segments;
	return strcmp(map, "otseg_sessions") ? NULL : &otseg_session_segments;
}

/* All the memory that the table can have. */
static int segments_add(struct datapath *dp, const char *map)
{
	const struct otseg_segments *segments = segments_of(map);
	struct bpf_map *outer = bpf_object__find_map_by_name(dp->object, map);

	return outer ? otseg_segments_add(segments, bpf_map__fd(outer), 0, segments->max) : -ENOENT;
}

/**
 * datapath_begin - make a datapath for a test, or say why there is none
 *
 * Return: the datapath; ends the program, skipped or failed, if there is none.
 */
struct subject *datapath_begin(void)
{
	struct subject *s = datapath_new(NULL);

	if (s)
		return s;
	if (errno == EPERM) {
		printf("TAP version 13\n1..0 # SKIP BPF and network namespaces need root\n");
		exit(KTAP_SKIP);
	}
	printf("TAP version 13\n1..1\nnot ok 1 - the datapath loads: %s\n", strerror(errno));
	exit(KTAP_FAIL);
}

/**
 * datapath_map_forget - take an entry out of a map
 * @s: a datapath
 * @name: name of the map
 * @key: of the entry
 */
void datapath_map_forget(struct subject *s, const char *name, u32 key)
{
	struct bpf_map *map = bpf_object__find_map_by_name(datapath_of(s)->object, name);

	if (!map || bpf_map_delete_elem(bpf_map__fd(map), &key)) {
		fprintf(stderr, "%s: no entry %u\n", name, key);
		exit(1);
	}
}

/**
 * datapath_table - the memory of an array map
 * @s: a datapath
 * @name: name of the map
 * @len: takes its size
 *
 * Return: its memory; ends the program if there is none.
 */
const void *datapath_table(struct subject *s, const char *name, size_t *len)
{
	struct bpf_map *map = bpf_object__find_map_by_name(datapath_of(s)->object, name);
	void *at;

	const struct otseg_segments *segments = segments_of(name);

	if (!map) {
		fprintf(stderr, "%s: no such map\n", name);
		exit(1);
	}
	if (segments) {
		*len = otseg_segments_bytes(segments, segments->max);
		if (otseg_segments_map(segments, bpf_map__fd(map), segments->max,
				       PROT_READ | PROT_WRITE, &at))
			exit(1);
		return at;
	}
	*len = round_up(bpf_map__value_size(map), 8) * bpf_map__max_entries(map);
	at = mmap(NULL, round_up(*len, (size_t)sysconf(_SC_PAGESIZE)), PROT_READ | PROT_WRITE,
		  MAP_SHARED, bpf_map__fd(map), 0);
	if (at == MAP_FAILED) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		exit(1);
	}
	return at;
}

static int frame_run(struct datapath *dp, u32 ifindex, const void *bytes, u32 len, u32 repeat,
		     u32 *duration)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = len,
		    .repeat = (int)repeat);
	struct xdp_md ctx = { .data_end = len, .ingress_ifindex = ifindex };
	int err;

	opts.ctx_in = &ctx;
	opts.ctx_size_in = sizeof(ctx);
	err = bpf_prog_test_run_opts(dp->prog, &opts);
	if (err)
		return err;
	if (duration)
		*duration = opts.duration;
	return (int)opts.retval;
}

/* What XDP is to do with a frame of this verdict, or with what tells of it. */
static int action_of(const struct otseg_verdict *v)
{
	if (v->denial == OTSEG_DENIAL_RESET || v->denial == OTSEG_DENIAL_EXCEPTION)
		return XDP_REDIRECT;
	if (v->action != OTSEG_ACTION_PASS && !v->denial)
		return XDP_DROP;
	return v->flags & (OTSEG_V_WIRE | OTSEG_V_ROUTE) ? XDP_REDIRECT : XDP_PASS;
}

static int datapath_frame(struct subject *s, u32 ifindex, const void *bytes, u32 len,
			  struct otseg_verdict *v)
{
	struct datapath *dp = datapath_of(s);
	int action;

	dp->probe->now_ns = s->now_ns;
	memset(&dp->probe->verdict, 0xff, sizeof(dp->probe->verdict));
	action = frame_run(dp, ifindex, bytes, len, 1, NULL);
	if (action < 0)
		return action;
	*v = dp->probe->verdict;
	if (v->reason == 0xff && !dp->generation) {
		/* It cannot count, and says nothing: there is no policy. */
		v->reason = OTSEG_R_NO_POLICY;
		v->action = OTSEG_ACTION_DROP;
		v->denial = OTSEG_DENIAL_NONE;
	}
	/* What it says and what it does must be the same. */
	return action_of(v) == action ? 0 : -EPROTO;
}

/**
 * datapath_change - have a frame decided about, and see what becomes of its bytes
 * @s: a datapath
 * @ifindex: interface it comes in by
 * @f: the frame; takes what it is afterwards
 *
 * Return: enum xdp_action, or a negative errno.
 */
int datapath_change(struct subject *s, u32 ifindex, struct frame *f)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes, .data_size_in = f->len,
		    .data_out = f->bytes, .data_size_out = sizeof(f->bytes), .repeat = 1);
	struct xdp_md ctx = { .data_end = f->len, .ingress_ifindex = ifindex };
	struct datapath *dp = datapath_of(s);
	int err;

	dp->probe->now_ns = s->now_ns;
	opts.ctx_in = &ctx;
	opts.ctx_size_in = sizeof(ctx);
	err = bpf_prog_test_run_opts(dp->prog, &opts);
	if (err)
		return err;
	f->len = opts.data_size_out;
	return action_of(&dp->probe->verdict) == (int)opts.retval ? (int)opts.retval : -EPROTO;
}

static int datapath_load(struct subject *s, const void *image, size_t len)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	struct datapath *dp = datapath_of(s);
	struct bpf_map *outer = bpf_object__find_map_by_name(dp->object, "otseg_policy");
	struct otseg_runtime *runtime;
	u32 zero = 0;
	int err = 0;
	u8 *region;
	int fd;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "otseg_region", sizeof(u32), OTSEG_REGION_SIZE, 1,
			    &opts);
	if (fd < 0)
		return fd;
	region = mmap(NULL, OTSEG_REGION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (region == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}
	runtime = (struct otseg_runtime *)region;
	runtime->magic = OTSEG_RUNTIME_MAGIC;
	runtime->generation = ++dp->generation;
	runtime->image_size = (u32)len;
	runtime->counter_slot = dp->generation & 1;
	memcpy(region + OTSEG_REGION_IMAGE, image, len);
	memset((u8 *)s->counters(s), 0, OTSEG_CTR_SIZE);
	if (bpf_map_update_elem(bpf_map__fd(outer), &zero, &fd, BPF_ANY))
		err = -errno;
	munmap(region, OTSEG_REGION_SIZE);
	close(fd);
	return err;
}

/* As whoever attaches says. Before the root is mapped, no frame has come. */
static void names_changed(struct subject *s)
{
	if (s->root)
		__atomic_fetch_add(&s->root->names, 1, __ATOMIC_SEQ_CST);
}

static void entry_set(struct subject *s, u32 ifindex, u32 named, u32 flags)
{
	struct otseg_link *link = &datapath_of(s)->links[ifindex & (OTSEG_LINK_SLOTS - 1)];
	u32 peer = link->peer;

	memset(link, 0, sizeof(*link));
	link->peer = peer;
	memcpy(link->name, subject_names[named], strlen(subject_names[named]));
	link->flags = flags;
	link->ifindex = ifindex;
	names_changed(s);
}

static void link_set(struct subject *s, u32 i, u32 flags)
{
	entry_set(s, s->ifindex[i], i, flags);
}

static void datapath_checksums(struct subject *s, u32 ifindex, int are_real)
{
	u32 i;

	for (i = 0; i < SUBJECT_LINKS; i++) {
		if (s->ifindex[i] == ifindex)
			link_set(s, i, are_real ? OTSEG_LINK_CHECKSUMS : 0);
	}
}

static void datapath_since(struct subject *s, u32 ifindex, u32 since_s)
{
	datapath_of(s)->links[ifindex & (OTSEG_LINK_SLOTS - 1)].since_s = since_s;
}

static void datapath_peer(struct subject *s, u32 ifindex, u32 peer)
{
	struct otseg_link *link = &datapath_of(s)->links[ifindex & (OTSEG_LINK_SLOTS - 1)];

	link->peer = peer;
	link->known = 0;
	names_changed(s);
}

static void datapath_rename(struct subject *s, u32 ifindex, u32 named)
{
	entry_set(s, ifindex, named, 0);
}

static void datapath_carrier(struct subject *s, u32 ifindex, int is_up)
{
	char command[128], name[IF_NAMESIZE];

	(void)s;
	snprintf(command, sizeof(command), "ip link set %s-peer %s", if_indextoname(ifindex, name),
		 is_up ? "up" : "down");
	if (system(command))
		exit(1);
}

/* This process runs on the first processor only. */
static const u64 *datapath_counters(struct subject *s)
{
	struct datapath *dp = datapath_of(s);
	u32 cpus = (u32)libbpf_num_possible_cpus();

	return (const u64 *)(dp->counters + (dp->generation & 1) * cpus * dp->block);
}

static int ring_read(void *subject, void *record, size_t len)
{
	if (len == sizeof(struct otseg_event))
		subject_tell(subject, record);
	return 0;
}

static void datapath_collect(struct subject *s)
{
	ring_buffer__consume(datapath_of(s)->ring);
}

static void datapath_free(struct subject *s)
{
	struct datapath *dp = datapath_of(s);

	ring_buffer__free(dp->ring);
	bpf_object__close(dp->object);
	free(dp->log);
	free(dp);
}

/* The knob @name, of one byte or more, at its place in the object; NULL: there is none. */
static u8 *knob_find(struct datapath *dp, const char *section, const char *name)
{
	const struct btf *btf = bpf_object__btf(dp->object);
	struct bpf_map *map = bpf_object__find_map_by_name(dp->object, section);
	int id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *t = btf__type_by_id(btf, (u32)id);
	const struct btf_var_secinfo *var = btf_var_secinfos(t);
	size_t size;
	u8 *bytes = map ? (u8 *)bpf_map__initial_value(map, &size) : NULL;
	u32 i;

	for (i = 0; bytes && i < btf_vlen(t); i++) {
		const struct btf_type *one = btf__type_by_id(btf, var[i].type);

		if (!strcmp(btf__name_by_offset(btf, one->name_off), name))
			return bytes + var[i].offset;
	}
	return NULL;
}

static int object_load(struct datapath *dp, const char *path, const char *knob)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	size_t size;
	u8 *at;

	dp->object = bpf_object__open_file(path, NULL);
	if (!dp->object)
		return -errno;
	at = knob_find(dp, ".rodata", "otseg_test_mode");
	if (!at)
		return -ENOENT;
	*at = 1;
	at = knob ? knob_find(dp, ".rodata", knob) : at;
	if (!at)
		return -ENOENT;
	*at = 1;
	at = knob_find(dp, ".data", "otseg_root");
	if (!at)
		return -ENOENT;
	otseg_hash_seed(((struct otseg_root *)at)->seed, 0);
	map = bpf_object__find_map_by_name(dp->object, "otseg_counters");
	if (!map || bpf_map__set_max_entries(map, 2 * (u32)libbpf_num_possible_cpus()))
		return -EINVAL;
	prog = bpf_object__find_program_by_name(dp->object, "otseg_xdp");
	dp->log = calloc(1, LOG_LEN);
	if (!prog || !dp->log)
		return -ENOENT;
	bpf_program__set_log_level(prog, 4);
	bpf_program__set_log_buf(prog, dp->log, LOG_LEN);
	if (bpf_object__load(dp->object)) {
		size = strlen(dp->log);
		fprintf(stderr, "%s\n", dp->log + (size > 2000 ? size - 2000 : 0));
		return -EINVAL;
	}
	dp->prog = bpf_program__fd(prog);
	if (segments_add(dp, "otseg_table") || segments_add(dp, "otseg_sessions"))
		return -ENOMEM;
	return 0;
}

/* Frames of a wire may leave by the interface. */
static int port_set(struct datapath *dp, u32 ifindex)
{
	struct bpf_map *map = bpf_object__find_map_by_name(dp->object, "otseg_ports");
	u32 slot = ifindex & (OTSEG_LINK_SLOTS - 1);

	return map ? bpf_map_update_elem(bpf_map__fd(map), &slot, &ifindex, BPF_ANY) : -ENOENT;
}

/* The object that was built beside this program. */
static const char *object_default(char path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 32);
	int i;

	if (len < 0)
		return "otseg.bpf.o";
	path[len] = '\0';
	/* from build/selftests/bpf/PROGRAM up to build/ */
	for (i = 0; i < 3; i++) {
		char *slash = strrchr(path, '/');

		if (slash)
			*slash = '\0';
	}
	return strcat(path, "/otseg.bpf.o");
}

/**
 * datapath_new - load the datapath of this build
 * @knob: a constant of one byte in it, which is set to 1, NULL: none
 *
 * Moves this process to a network namespace of its own and to the first processor.
 *
 * Return: the subject, or NULL with errno set.
 */
struct subject *datapath_new(const char *knob)
{
	struct datapath *dp = calloc(1, sizeof(*dp));
	char object[PATH_MAX];
	char command[128];
	struct subject *s;
	cpu_set_t first;
	size_t len;
	int err;
	u32 i;

	if (!dp)
		return NULL;
	libbpf_set_print(print);
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first) || unshare(CLONE_NEWNET)) {
		free(dp);
		return NULL;
	}
	s = &dp->subject;
	s->now_ns = 1000ull * 1000 * 1000 * 1000;
	s->frame = datapath_frame;
	s->load = datapath_load;
	s->checksums = datapath_checksums;
	s->since = datapath_since;
	s->peer = datapath_peer;
	s->rename = datapath_rename;
	s->carrier = datapath_carrier;
	s->counters = datapath_counters;
	s->collect = datapath_collect;
	s->free = datapath_free;
	err = object_load(dp, object_default(object), knob);
	if (err) {
		datapath_free(s);
		errno = -err;
		return NULL;
	}
	dp->probe = (struct probe *)datapath_table(s, "otseg_probe", &len);
	dp->links = (struct otseg_link *)datapath_table(s, "otseg_links", &len);
	dp->counters = (u8 *)datapath_table(s, "otseg_counters", &len);
	s->root = (struct otseg_root *)datapath_table(s, ".data", &len);
	s->lines = (struct otseg_flow_line *)datapath_table(s, "otseg_table", &len);
	dp->block = round_up(OTSEG_CTR_SIZE, 8);
	dp->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(dp->object, "otseg_events"),
				    ring_read, s, NULL);
	if (!dp->ring) {
		datapath_free(s);
		errno = ENOMEM;
		return NULL;
	}
	for (i = 0; i < SUBJECT_LINKS; i++) {
		snprintf(command, sizeof(command),
			 "ip link add %1$s up type veth peer name %1$s-peer && "
			 "ip link set %1$s-peer up && ethtool -K %1$s-peer gro on",
			 subject_names[i]);
		if (system(command)) {
			datapath_free(s);
			errno = ENODEV;
			return NULL;
		}
		s->ifindex[i] = if_nametoindex(subject_names[i]);
		link_set(s, i, 0);
		if (port_set(dp, s->ifindex[i])) {
			datapath_free(s);
			errno = ENODEV;
			return NULL;
		}
	}
	datapath_peer(s, s->ifindex[0], s->ifindex[1]);
	datapath_peer(s, s->ifindex[1], s->ifindex[0]);
	return s;
}

/**
 * datapath_cost - what one frame costs
 * @s: a datapath
 * @ifindex: interface it comes in by
 * @f: the frame
 * @repeat: runs to take the mean of
 *
 * Return: nanoseconds.
 */
u64 datapath_cost(struct subject *s, u32 ifindex, const struct frame *f, u32 repeat)
{
	struct datapath *dp = datapath_of(s);
	u32 duration = 0;

	dp->probe->now_ns = s->now_ns;
	if (frame_run(dp, ifindex, f->bytes, f->len, repeat, &duration) < 0)
		return ~0ull;
	return duration;
}

/**
 * datapath_start - start the clock and the sweep
 * @s: a datapath
 *
 * Return: 0 or a negative errno.
 */
int datapath_start(struct subject *s)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *prog =
		bpf_object__find_program_by_name(datapath_of(s)->object, "otseg_start");
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	return err ? err : (int)opts.retval;
}

/**
 * datapath_insns - what the verifier had to look at
 * @s: a datapath
 *
 * Return: instructions processed, 0 if the kernel does not say.
 */
u32 datapath_insns(struct subject *s)
{
	const char *at = strstr(datapath_of(s)->log, "processed ");

	return at ? (u32)strtoul(at + 10, NULL, 10) : 0;
}
