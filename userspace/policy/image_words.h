/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of an image in the words of the policy language, as JSON values. What
 * is printed, compared or handed out starts from these.
 */
#ifndef OTSEG_POLICY_IMAGE_WORDS_H
#define OTSEG_POLICY_IMAGE_WORDS_H

#include <jansson.h>

#include "policy.h"
#include "words.h"

json_t *otseg_words_json(struct otseg_word_list list, u32 mask);
json_t *otseg_image_zone_json(const void *image, const struct otseg_img_zone *zone);
json_t *otseg_image_asset_json(const void *image, const struct otseg_img_asset *asset);
json_t *otseg_image_rate_json(const struct otseg_img_rate *limit);
json_t *otseg_image_rule_json(const void *image, const struct otseg_img_rule *rule);

#endif /* OTSEG_POLICY_IMAGE_WORDS_H */
