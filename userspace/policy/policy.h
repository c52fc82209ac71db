/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy as the tool knows it: from YAML text to a checked model, from the
 * model to an image, and from an image back to words. This header is all that
 * the rest of the tool may use of userspace/policy/.
 *
 * No function here prints by itself: what is wrong with a policy goes into a
 * struct otseg_diag, which its owner prints.
 */
#ifndef OTSEG_POLICY_H
#define OTSEG_POLICY_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../kmod/image_state.h"
#include "otseg/image.h"

#define OTSEG_POLICY_TEXT_MAX (16u << 20) /* bytes of a policy file */
#define OTSEG_DIAG_MAX 100 /* messages kept; the rest is only counted */

enum otseg_severity {
	OTSEG_ERROR,
	OTSEG_WARNING,
};

/**
 * struct otseg_message - one thing that is wrong with a policy
 * @severity: an error keeps the policy from being compiled
 * @line: line in the file, from 1; 0: the file as a whole
 * @column: column, from 1; 0: the line as a whole
 * @file: name of the file, as given to the loader
 * @text: the sentence, without a final newline
 */
struct otseg_message {
	enum otseg_severity severity;
	unsigned int line;
	unsigned int column;
	char *file;
	char *text;
};

/**
 * struct otseg_diag - where messages go; zeroed is empty and ready
 * @messages: the first OTSEG_DIAG_MAX of them, in the order they were found
 * @n_messages: their number
 * @n_errors: errors found, kept or not
 * @n_warnings: warnings found, kept or not
 */
struct otseg_diag {
	struct otseg_message *messages;
	unsigned int n_messages;
	unsigned int n_errors;
	unsigned int n_warnings;
};

void otseg_diag_add(struct otseg_diag *diag, enum otseg_severity severity, const char *file,
		    unsigned int line, unsigned int column, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
void otseg_diag_print(FILE *out, const struct otseg_diag *diag);
void otseg_diag_free(struct otseg_diag *diag);

struct otseg_policy;

struct otseg_policy *otseg_policy_load(const char *path, struct otseg_diag *diag);
struct otseg_policy *otseg_policy_parse(const char *name, const char *text, size_t len,
					struct otseg_diag *diag);
void otseg_policy_free(struct otseg_policy *policy);

/**
 * struct otseg_blob - bytes on the heap
 * @data: free() it, or otseg_blob_free()
 * @len: bytes
 */
struct otseg_blob {
	void *data;
	size_t len;
};

void otseg_blob_free(struct otseg_blob *blob);
int otseg_blob_copy(struct otseg_blob *copy, const struct otseg_blob *blob);

int otseg_policy_compile(const struct otseg_policy *policy, struct otseg_blob *image,
			 struct otseg_diag *diag);

int otseg_image_digest(const void *image, size_t len, u8 digest[OTSEG_DIGEST_LEN]);
int otseg_image_check(const void *image, size_t len, char *why, size_t why_len);
int otseg_image_check_active(const void *image, size_t len, char *why, size_t why_len);

void otseg_image_plain(void *image);
void otseg_image_change(void *image, u32 conduit, enum otseg_conduit_change change);
void otseg_image_close(void *image, u32 conduit);
void otseg_image_within(void *image, u32 conduit, bool is_within);
bool otseg_image_is_by_hand(const void *image);
void otseg_image_settle(void *image);
void otseg_image_inherit(void *image, const void *before);

/*
 * The functions below read images that otseg_image_check() has accepted.
 */

/* One section's records: OTSEG_IMAGE_RECORDS(image, RULES) is a const struct otseg_img_rule *. */
#define OTSEG_IMAGE_RECORDS(image, id) \
	((const otseg_section_##id *)otseg_image_section(image, OTSEG_SEC_##id))
#define OTSEG_IMAGE_COUNT(image, id) \
	(((const struct otseg_image *)(image))->sec[OTSEG_SEC_##id].count)

#define X(id, type, max) typedef type otseg_section_##id;
OTSEG_SECTION_LIST(X)
#undef X

/* What the policy itself says of a conduit. */
static inline const char *otseg_image_state(const struct otseg_img_conduit *conduit)
{
	return conduit->flags & OTSEG_CONDUIT_STANDING ? "enabled" : "disabled";
}

/**
 * otseg_image_on_deny - who hears of what a conduit refuses
 * @conduit: the conduit
 *
 * Return: the word of the policy's `on-deny`.
 */
static inline const char *otseg_image_on_deny(const struct otseg_img_conduit *conduit)
{
	if (conduit->flags & OTSEG_CONDUIT_EXCEPTION)
		return "exception";
	return conduit->flags & OTSEG_CONDUIT_RESET ? "reset" : "drop";
}

/* Whether island mode is on in it. */
static inline bool otseg_image_is_island(const void *image)
{
	return ((const struct otseg_image *)image)->flags & OTSEG_IMG_ISLAND;
}

static inline const void *otseg_image_section(const void *image, enum otseg_section_id id)
{
	const struct otseg_image *header = image;

	return (const char *)image + header->sec[id].off;
}

static inline const char *otseg_image_string(const void *image, u32 ref)
{
	return (const char *)otseg_image_section(image, OTSEG_SEC_STRINGS) + ref;
}

/**
 * otseg_image_interface - name the interfaces of a policy, each of them once
 * @image: the image
 * @link: index of a link; an interface has one for each of its VLANs
 *
 * Return: the name; NULL if an earlier link has told it.
 */
static inline const char *otseg_image_interface(const void *image, u32 link)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);
	u32 i;

	for (i = 0; i < link; i++)
		if (!memcmp(links[i].name, links[link].name, sizeof(links[i].name)))
			return NULL;
	return (const char *)links[link].name;
}

/**
 * otseg_image_open_interface - name the interfaces that fail open, each of them once
 * @image: the image
 * @link: index of a link
 *
 * Return: the name; NULL if it does not, or an earlier link has told it.
 */
static inline const char *otseg_image_open_interface(const void *image, u32 link)
{
	const struct otseg_img_link *links = OTSEG_IMAGE_RECORDS(image, LINKS);

	if (!(links[link].flags & OTSEG_IMG_LINK_FAIL_OPEN))
		return NULL;
	return otseg_image_interface(image, link);
}

#define OTSEG_PRINT_JSON 0x1 /* one JSON object instead of text */
#define OTSEG_PRINT_PRETTY 0x2 /* JSON with indentation */

struct json_t;

int otseg_image_print(FILE *out, const void *image, unsigned int flags);
struct json_t *otseg_image_json(const void *image);
int otseg_image_diff(FILE *out, const void *old_image, const void *new_image, unsigned int flags);

#endif /* OTSEG_POLICY_H */
