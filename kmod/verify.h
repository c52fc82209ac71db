/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the image verifier share. The block below is all that knows
 * whether it is built for the module or for the tool.
 */
#ifndef OTSEG_VERIFY_H
#define OTSEG_VERIFY_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/stdarg.h>
#else
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#define vscnprintf vsnprintf
#define cond_resched() ((void)0)
#define __printf(at, first) __attribute__((format(printf, at, first)))
#endif

#include "../include/otseg/image.h"
#include "../include/otseg/service.h"

#define OTSEG_VERIFY_PAUSE 4096 /* records between offers to let others run */

/**
 * struct otseg_verify - an image under judgement
 * @image: its header; the rest follows
 * @why: where the sentence goes
 * @why_len: bytes there
 */
struct otseg_verify {
	const struct otseg_image *image;
	char *why;
	size_t why_len;
};

#define X(id, type, max) typedef type otseg_verified_##id;
OTSEG_SECTION_LIST(X)
#undef X

#define RECORDS(v, id) ((const otseg_verified_##id *)otseg_verify_section(v, OTSEG_SEC_##id))
#define COUNT(v, id) ((v)->image->sec[OTSEG_SEC_##id].count)

static inline const void *otseg_verify_section(const struct otseg_verify *v,
					       enum otseg_section_id id)
{
	return (const u8 *)v->image + v->image->sec[id].off;
}

__printf(2, 3) int otseg_verify_refuse(const struct otseg_verify *v, const char *format, ...);
bool otseg_verify_is_text(const struct otseg_verify *v, u32 ref);
bool otseg_verify_is_name(const struct otseg_verify *v, u32 ref);

int otseg_verify_links(const struct otseg_verify *v);
int otseg_verify_zones(const struct otseg_verify *v);
int otseg_verify_classes(const struct otseg_verify *v);
int otseg_verify_macs(const struct otseg_verify *v);
int otseg_verify_trie(const struct otseg_verify *v);
int otseg_verify_v6(const struct otseg_verify *v);
int otseg_verify_assets(const struct otseg_verify *v);
int otseg_verify_prefixes(const struct otseg_verify *v);
int otseg_verify_wires(const struct otseg_verify *v);

int otseg_verify_conduits(const struct otseg_verify *v);
int otseg_verify_windows(const struct otseg_verify *v);
int otseg_verify_rules(const struct otseg_verify *v);
int otseg_verify_leaves(const struct otseg_verify *v);
int otseg_verify_cells(const struct otseg_verify *v);
int otseg_verify_pairs(const struct otseg_verify *v);

#define REFUSE(v, id, record, format, ...) \
	otseg_verify_refuse(v, #id "[%u]: " format, (unsigned int)(record), ##__VA_ARGS__)

static inline void pause_at(u32 record)
{
	if (record % OTSEG_VERIFY_PAUSE == 0)
		cond_resched();
}

/* Whether records @first to @first + @n - 1 lie in a section; none are said to be at 0. */
static inline bool is_within(u32 first, u32 n, u32 count)
{
	return n ? first < count && n <= count - first : !first;
}

static inline bool is_zero(const u8 *bytes, size_t n)
{
	while (n--)
		if (*bytes++)
			return false;
	return true;
}

#endif /* OTSEG_VERIFY_H */
