// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of own pages and filler. Owns their set-up and release; what is in
 * them and who may look is the business of policy.c and counters.c.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "mapping.h"

/**
 * otseg_mapping_free_pages - free an array of pages and the pages in it
 * @pages: kvmalloc'ed array, NULL is fine; NULL and @filler entries are skipped
 * @n_pages: its entries
 * @filler: the page that is not the array's own, NULL: none
 *
 * Context: process, may sleep.
 */
void otseg_mapping_free_pages(struct page **pages, u32 n_pages, const struct page *filler)
{
	u32 i;

	if (!pages)
		return;
	for (i = 0; i < n_pages; i++) {
		if (pages[i] && pages[i] != filler)
			__free_page(pages[i]);
		cond_resched();
	}
	kvfree(pages);
}

/**
 * otseg_mapping_create - map pages, with a filler where there is none
 * @mapping: what to fill in
 * @pages: kvmalloc'ed array; its NULL entries become @filler. On success it
 *	belongs to @mapping, otherwise it stays the caller's, as it was
 * @n_pages: its entries
 * @filler: the page to put where @pages has none; stays the caller's
 * @prot: protection of the mapping
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int otseg_mapping_create(struct otseg_mapping *mapping, struct page **pages, u32 n_pages,
			 struct page *filler, pgprot_t prot)
{
	void *addr;
	u32 i;

	for (i = 0; i < n_pages; i++)
		if (!pages[i])
			pages[i] = filler;

	addr = vmap(pages, n_pages, VM_MAP, prot);
	if (!addr) {
		for (i = 0; i < n_pages; i++)
			if (pages[i] == filler)
				pages[i] = NULL;
		return -ENOMEM;
	}

	mapping->addr = addr;
	mapping->pages = pages;
	mapping->filler = filler;
	mapping->n_pages = n_pages;
	return 0;
}

/**
 * otseg_mapping_destroy - unmap and free the pages that are the mapping's own
 * @mapping: a mapping, or zeroes; zeroes afterwards
 *
 * Context: process, may sleep; nobody looks at the memory any more.
 */
void otseg_mapping_destroy(struct otseg_mapping *mapping)
{
	if (!mapping->addr)
		return;
	vunmap(mapping->addr);
	otseg_mapping_free_pages(mapping->pages, mapping->n_pages, mapping->filler);
	*mapping = (struct otseg_mapping){};
}
