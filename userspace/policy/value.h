/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single values of the policy language: names, numbers, ranges, addresses,
 * times, rates. Each reader takes a node, notes what is wrong with it and says
 * whether there is a value.
 */
#ifndef OTSEG_POLICY_VALUE_H
#define OTSEG_POLICY_VALUE_H

#include "document.h"
#include "model.h"

bool otseg_number_parse(const char *text, size_t len, u32 *number);
bool otseg_range_parse(const char *text, struct otseg_img_range *range);

bool otseg_value_text(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      const char **text);
bool otseg_value_name(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      const char **name);
bool otseg_value_number(struct otseg_source *source, const struct otseg_node *node,
			const char *what, u32 least, u32 most, u32 *number);
bool otseg_value_revision(struct otseg_source *source, const struct otseg_node *node,
			  const char *what, u64 least, u64 *revision);
bool otseg_value_flag(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      bool *flag);
bool otseg_value_choice(struct otseg_source *source, const struct otseg_node *node,
			const char *what, const char *const *choices, size_t n, size_t *choice);
bool otseg_value_ranges(struct otseg_source *source, const struct otseg_node *node,
			const char *what, u32 least, u32 most, struct otseg_ranges *ranges);
bool otseg_value_level(struct otseg_source *source, const struct otseg_node *node, u16 *tenths);
bool otseg_value_prefix(struct otseg_source *source, const struct otseg_node *node,
			struct otseg_prefix *prefix);
bool otseg_value_mac(struct otseg_source *source, const struct otseg_node *node, u8 mac[6]);
bool otseg_value_seconds(struct otseg_source *source, const struct otseg_node *node,
			 const char *what, u32 most, u32 *seconds);
bool otseg_value_rate(struct otseg_source *source, const struct otseg_node *node, bool is_bytes,
		      struct otseg_rate *rate);

bool otseg_ranges_set(struct otseg_source *source, const struct otseg_node *node, const char *what,
		      struct otseg_vec *items, struct otseg_ranges *ranges);
bool otseg_ranges_cover(const struct otseg_img_range *outer, size_t n_outer,
			const struct otseg_img_range *inner, size_t n_inner);

#endif /* OTSEG_POLICY_VALUE_H */
