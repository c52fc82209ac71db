// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root changes under those who look at it: each size in it is one word.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "../../bpf/engine/env.h"
#include "../command.h"
#include "root.h"

/* What concerns a process, and is there in every datapath that has a root. */
#define ROOT_SIZE offsetof(struct otseg_root, spilled)

/**
 * otseg_root_map - look at a datapath's root
 * @bpf: the set
 * @protection: as for mmap()
 * @root: takes it, NULL after an error; otseg_root_unmap() it
 *
 * Of @root, what comes before @spilled.
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_root_map(const struct otseg_bpf *bpf, int protection, struct otseg_root **root)
{
	void *at = mmap(NULL, ROOT_SIZE, protection, MAP_SHARED, bpf->root, 0);
	int err = at == MAP_FAILED ? -errno : 0;

	*root = err ? NULL : at;
	if (err)
		otseg_error_print("root of the datapath: %s", strerror(-err));
	return err;
}

/**
 * otseg_root_unmap - undo otseg_root_map()
 * @root: the root, or NULL
 */
void otseg_root_unmap(struct otseg_root *root)
{
	if (root)
		munmap(root, ROOT_SIZE);
}
