// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables in segments: making segments, and looking at all of them as one array.
 * What the tables hold is the engine's matter.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../bpf/engine/env.h"
#include "segment.h"

const struct otseg_segments otseg_flow_segments = {
	.name = "otseg_flows",
	.max = OTSEG_FLOW_SEGMENTS,
	.len = OTSEG_SEGMENT_BUCKETS,
	.size = sizeof(struct otseg_flow_line),
};

const struct otseg_segments otseg_session_segments = {
	.name = "otseg_streams",
	.max = OTSEG_SESSION_SEGMENTS,
	.len = OTSEG_SEGMENT_SESSIONS,
	.size = sizeof(struct otseg_session),
};

#define SEGMENTS_MAX 64 /* of any table */
#define PAGE 4096

#define SEGMENT_BYTES(len, record) ((len) * sizeof(record))

/* Segments are whole pages: mapped one after the other they are one array. */
_Static_assert(!(SEGMENT_BYTES(OTSEG_SEGMENT_BUCKETS, struct otseg_flow_line) % PAGE), "whole pages");
_Static_assert(!(SEGMENT_BYTES(OTSEG_SEGMENT_SESSIONS, struct otseg_session) % PAGE), "whole pages");
_Static_assert(OTSEG_FLOW_SEGMENTS <= SEGMENTS_MAX, "a table");
_Static_assert(OTSEG_SESSION_SEGMENTS <= SEGMENTS_MAX, "a table");

/**
 * otseg_segments_bytes - memory of some segments
 * @segments: what they are like
 * @n: their number
 *
 * Return: bytes.
 */
size_t otseg_segments_bytes(const struct otseg_segments *segments, u32 n)
{
	return (size_t)n * segments->len * segments->size;
}

static int segment_make(const struct otseg_segments *segments)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, segments->name, sizeof(u32), segments->size,
				segments->len, &opts);

	return fd < 0 ? -errno : fd;
}

/**
 * otseg_segments_add - give a table more segments
 * @segments: what they are like
 * @outer: the table's array of maps
 * @from: segments that it has in use; others that a killed tool has left are replaced
 * @to: segments that it is to have
 *
 * Return: 0 or a negative errno; then it has those that it had.
 */
int otseg_segments_add(const struct otseg_segments *segments, int outer, u32 from, u32 to)
{
	u32 keys[SEGMENTS_MAX];
	int fds[SEGMENTS_MAX];
	u32 i, made, n = to - from;
	int err = 0;

	if (to > segments->max || from > to)
		return -E2BIG;
	for (made = 0; made < n; made++) {
		keys[made] = from + made;
		fds[made] = segment_make(segments);
		if (fds[made] < 0) {
			err = fds[made];
			break;
		}
	}
	/* All at once: the kernel waits for the programs that run, once. */
	if (!err && n && bpf_map_update_batch(outer, keys, fds, &n, NULL)) {
		err = -errno;
		for (i = from; i < to; i++)
			bpf_map_delete_elem(outer, &i);
	}
	while (made-- > 0)
		close(fds[made]);
	return err;
}

static int segment_map(const struct otseg_segments *segments, int outer, u32 index, int protection,
		       u8 *at)
{
	int err = 0;
	u32 id;
	int fd;

	if (bpf_map_lookup_elem(outer, &index, &id))
		return -errno;
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return -errno;
	if (mmap(at, otseg_segments_bytes(segments, 1), protection, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		err = -errno;
	close(fd);
	return err;
}

/**
 * otseg_segments_map - see the first segments of a table as one array
 * @segments: what they are like
 * @outer: the table's array of maps
 * @n: segments
 * @protection: as for mmap()
 * @records: takes the array; otseg_segments_unmap() it
 *
 * Return: 0 or a negative errno.
 */
int otseg_segments_map(const struct otseg_segments *segments, int outer, u32 n, int protection,
		       void **records)
{
	size_t one = otseg_segments_bytes(segments, 1);
	int err = 0;
	u8 *at;
	u32 i;

	at = mmap(NULL, n * one, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	for (i = 0; !err && i < n; i++)
		err = segment_map(segments, outer, i, protection, at + i * one);
	if (err)
		munmap(at, n * one);
	else
		*records = at;
	return err;
}

/**
 * otseg_segments_unmap - undo otseg_segments_map()
 * @segments: what they are like
 * @records: the array, or NULL
 * @n: segments in it
 */
void otseg_segments_unmap(const struct otseg_segments *segments, void *records, u32 n)
{
	if (records)
		munmap(records, otseg_segments_bytes(segments, n));
}
