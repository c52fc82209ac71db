/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of an image in the words of the policy language, as JSON values. What
 * is printed, compared or handed out starts from these.
 */
#ifndef OTSEG_POLICY_IMAGE_WORDS_H
#define OTSEG_POLICY_IMAGE_WORDS_H

#include <jansson.h>

#include "arena.h"
#include "policy.h"
#include "words.h"

json_t *otseg_range_json(u32 first, u32 last);
json_t *otseg_unwrap_json(json_t *list);
void otseg_functions_json(json_t *list, unsigned int service, u32 first, u32 last_function);
json_t *otseg_objects_json(unsigned int service, const struct otseg_img_object *objects, u32 n);
json_t *otseg_words_json(struct otseg_word_list list, u32 mask);
json_t *otseg_mac_json(const u8 mac[6]);
struct otseg_vec otseg_image_macs(const void *image, u32 zone);
json_t *otseg_image_zone_json(const void *image, const struct otseg_img_zone *zone);
json_t *otseg_image_asset_json(const void *image, const struct otseg_img_asset *asset);
json_t *otseg_image_rate_json(const struct otseg_img_rate *limit);
json_t *otseg_image_seconds_json(u32 seconds);
json_t *otseg_image_rule_json(const void *image, const struct otseg_img_rule *rule);

#endif /* OTSEG_POLICY_IMAGE_WORDS_H */
