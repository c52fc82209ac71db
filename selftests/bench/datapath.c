// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads the datapath without the module: policy, links and counters are maps.
 */
#include "datapath.h"

#include "../../include/otseg/counters.h"
#include "../../include/otseg/image.h"
#include "../../userspace/net/segment.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINK_SLOTS 1024
#define GENERATION 1

/**
 * struct link_value - a value of otseg_links (struct otseg_link of the engine)
 * @ifindex: the interface
 * @flags: OTSEG_BENCH_CHECKSUMS
 * @name: what the policy calls it
 * @peer: zero: on no wire
 * @reserved: zero
 */
struct link_value {
	u32 ifindex;
	u32 flags;
	char name[16];
	u32 peer;
	u32 reserved[9];
};

static int map_fd(const struct otseg_bench_datapath *dp, const char *name)
{
	return bpf_object__find_map_fd_by_name(dp->object, name);
}

/* The region in memory: runtime page, image, zeroes. NULL: errno says why. */
static u8 *region_read(const char *path)
{
	struct otseg_runtime *runtime;
	struct otseg_image *image;
	FILE *file = fopen(path, "rb");
	u8 *region;
	size_t len;

	if (!file)
		return NULL;
	region = calloc(1, OTSEG_REGION_SIZE);
	if (!region) {
		fclose(file);
		return NULL;
	}
	len = fread(region + OTSEG_REGION_IMAGE, 1, OTSEG_IMAGE_MAX, file);
	fclose(file);
	image = (struct otseg_image *)(region + OTSEG_REGION_IMAGE);
	if (len < sizeof(*image) || image->magic != OTSEG_IMAGE_MAGIC || image->size != len) {
		free(region);
		errno = EINVAL;
		return NULL;
	}
	runtime = (struct otseg_runtime *)region;
	runtime->magic = OTSEG_RUNTIME_MAGIC;
	runtime->generation = GENERATION;
	runtime->image_size = image->size;
	memcpy(runtime->digest, image->digest, OTSEG_DIGEST_LEN);
	return region;
}

static int policy_set(struct otseg_bench_datapath *dp, u32 inner_flags, const char *path)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = inner_flags);
	u8 *region = region_read(path);
	u32 zero = 0;
	int inner, err;

	if (!region)
		return -errno;
	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "otseg_region", sizeof(u32),
			       OTSEG_REGION_SIZE, 1, &opts);
	if (inner < 0) {
		free(region);
		return inner;
	}
	err = bpf_map_update_elem(inner, &zero, region, 0);
	if (!err)
		err = bpf_map_update_elem(map_fd(dp, "otseg_policy"), &zero, &inner, 0);
	close(inner);
	free(region);
	return err;
}

/* Sets a knob of one byte, which is not 0, to 0. */
static int knob_clear(struct bpf_object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf *btf = bpf_object__btf(object);
	int section = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_var_secinfo *var;
	const struct btf_type *type;
	const void *initial;
	u8 *bytes;
	size_t size;
	int err;
	u32 i;

	initial = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!initial || section < 0)
		return -ENOENT;
	type = btf__type_by_id(btf, (u32)section);
	var = btf_var_secinfos(type);
	for (i = 0; i < btf_vlen(type); i++) {
		const struct btf_type *knob = btf__type_by_id(btf, var[i].type);

		if (strcmp(btf__name_by_offset(btf, knob->name_off), name) || var[i].offset >= size)
			continue;
		bytes = malloc(size);
		if (!bytes)
			return -ENOMEM;
		memcpy(bytes, initial, size);
		bytes[var[i].offset] = 0;
		err = bpf_map__set_initial_value(map, bytes, size);
		free(bytes);
		return err;
	}
	return -ENOENT;
}

/**
 * otseg_bench_datapath_open - load the datapath with a policy
 * @dp: filled in
 * @object: path of the BPF object
 * @image: path of a policy image
 * @recurs: messages are known when they come again
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_datapath_open(struct otseg_bench_datapath *dp, const char *object,
			      const char *image, bool recurs)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *prog, *start;
	struct bpf_map *policy, *counters;
	u32 inner_flags = 0;
	int err;

	memset(dp, 0, sizeof(*dp));
	dp->object = bpf_object__open_file(object, NULL);
	if (!dp->object)
		return -errno;
	prog = bpf_object__find_program_by_name(dp->object, "otseg_xdp");
	start = bpf_object__find_program_by_name(dp->object, "otseg_start");
	policy = bpf_object__find_map_by_name(dp->object, "otseg_policy");
	counters = bpf_object__find_map_by_name(dp->object, "otseg_counters");
	if (!prog || !start || !policy || !counters) {
		err = -ENOENT;
		goto close;
	}
	if (bpf_map__inner_map(policy))
		inner_flags = bpf_map__map_flags(bpf_map__inner_map(policy));
	bpf_map__set_max_entries(counters, 2 * libbpf_num_possible_cpus());
	/* libbpf derives the flag from the section's name, and only while it loads. */
	if (strstr(bpf_program__section_name(prog), ".frags"))
		dp->flags = BPF_F_XDP_HAS_FRAGS;
	err = recurs ? 0 : knob_clear(dp->object, "otseg_recur");
	err = err ?: bpf_object__load(dp->object);
	if (err)
		goto close;
	dp->prog = bpf_program__fd(prog);
	err = otseg_segments_add(&otseg_flow_segments, map_fd(dp, "otseg_table"), 0,
				 otseg_flow_segments.max);
	if (!err)
		err = otseg_segments_add(&otseg_session_segments, map_fd(dp, "otseg_sessions"), 0,
					 otseg_session_segments.max);
	if (err)
		goto close;
	dp->block = malloc(OTSEG_CTR_SIZE);
	if (!dp->block) {
		err = -ENOMEM;
		goto close;
	}
	err = policy_set(dp, inner_flags, image);
	if (err)
		goto close;
	err = bpf_prog_test_run_opts(bpf_program__fd(start), &opts);
	if (!err)
		err = (int)opts.retval;
	if (err)
		goto close;
	return 0;

close:
	otseg_bench_datapath_close(dp);
	return err;
}

/**
 * otseg_bench_datapath_close - let go of the datapath
 * @dp: a datapath, also a half-opened one
 */
void otseg_bench_datapath_close(struct otseg_bench_datapath *dp)
{
	free(dp->block);
	bpf_object__close(dp->object);
	memset(dp, 0, sizeof(*dp));
}

/**
 * otseg_bench_datapath_link - have it govern an interface
 * @dp: the datapath
 * @ifindex: the interface
 * @name: what the policy calls it
 * @flags: 0 or OTSEG_BENCH_CHECKSUMS
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_datapath_link(struct otseg_bench_datapath *dp, unsigned int ifindex,
			      const char *name, u32 flags)
{
	struct link_value value = { .ifindex = ifindex, .flags = flags };
	u32 key = ifindex & (LINK_SLOTS - 1);

	snprintf(value.name, sizeof(value.name), "%s", name);
	return bpf_map_update_elem(map_fd(dp, "otseg_links"), &key, &value, 0);
}

/* Sets each value of an array map that can be mapped to zeroes. */
static int array_clear(const struct otseg_bench_datapath *dp, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(dp->object, name);
	size_t len;
	void *values;

	if (!map)
		return -ENOENT;
	len = (size_t)bpf_map__max_entries(map) * ((bpf_map__value_size(map) + 7) & ~7u);
	values = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (values == MAP_FAILED)
		return -errno;
	memset(values, 0, len);
	munmap(values, len);
	return 0;
}

/**
 * otseg_bench_datapath_forget - end all flows
 * @dp: the datapath; no frame is on its way through it
 *
 * Their sessions are left to be taken over, as the datapath does with stale ones.
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_datapath_forget(struct otseg_bench_datapath *dp)
{
	size_t len = otseg_segments_bytes(&otseg_flow_segments, otseg_flow_segments.max);
	void *lines;
	int err;

	err = otseg_segments_map(&otseg_flow_segments, map_fd(dp, "otseg_table"),
				 otseg_flow_segments.max, PROT_READ | PROT_WRITE, &lines);
	if (err)
		return err;
	memset(lines, 0, len);
	otseg_segments_unmap(&otseg_flow_segments, lines, otseg_flow_segments.max);
	return array_clear(dp, "otseg_live");
}

/**
 * otseg_bench_datapath_reasons - how many frames it has counted for each reason
 * @dp: the datapath
 * @reasons: by enum otseg_reason, of all processors together
 *
 * Return: 0, or a negative errno.
 */
int otseg_bench_datapath_reasons(struct otseg_bench_datapath *dp, u64 reasons[OTSEG_R_MAX])
{
	u32 cpus = libbpf_num_possible_cpus();
	u32 cpu, key, i;
	int err;

	memset(reasons, 0, OTSEG_R_MAX * sizeof(*reasons));
	for (cpu = 0; cpu < cpus; cpu++) {
		key = dp->slot * cpus + cpu;
		err = bpf_map_lookup_elem(map_fd(dp, "otseg_counters"), &key, dp->block);
		if (err)
			return err;
		for (i = 0; i < OTSEG_R_MAX; i++)
			reasons[i] += dp->block[OTSEG_CTR_REASON + i];
	}
	return 0;
}
