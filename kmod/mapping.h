/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a constant virtual size of which only some pages are its own: the
 * others all show one filler page. That is how a region or a counter block can
 * be as large as any policy could need and still cost what this policy needs.
 */
#ifndef OTSEG_MAPPING_H
#define OTSEG_MAPPING_H

#include <linux/mm_types.h>
#include <linux/types.h>

/**
 * struct otseg_mapping - virtually contiguous memory, partly its own
 * @addr: first byte, NULL if there is no mapping
 * @pages: one entry for each page; kvmalloc'ed
 * @filler: the page behind all entries that are not its own
 * @n_pages: entries of @pages
 */
struct otseg_mapping {
	void *addr;
	struct page **pages;
	struct page *filler;
	u32 n_pages;
};

int otseg_mapping_create(struct otseg_mapping *mapping, struct page **pages, u32 n_pages,
			 struct page *filler, pgprot_t prot);
void otseg_mapping_destroy(struct otseg_mapping *mapping);
void otseg_mapping_free_pages(struct page **pages, u32 n_pages, const struct page *filler);

#endif /* OTSEG_MAPPING_H */
