// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one judge of policy images. Any bytes either are an image that the
 * datapath can follow blindly, or are refused with a sentence that names section
 * and record. Takes time in proportion to the image; allocates nothing, does not
 * recurse, keeps no state. Compiled into the module and into the tool.
 *
 * Here: the frame, the strings and the order of the steps; verify_endpoint.c has
 * what addresses lead to, verify_rule.c what rules lead to, verify_when.c what has hours.
 */
#include "image_verify.h"
#include "verify.h"

#define NAME_BYTES 63

struct section_shape {
	u32 size;
	u32 most;
	const char *name;
};

#define X(id, type, max) [OTSEG_SEC_##id] = { sizeof(type), (max), #id },
static const struct section_shape shapes[OTSEG_SEC_COUNT] = { OTSEG_SECTION_LIST(X) };
#undef X

/**
 * otseg_verify_refuse - say what is wrong with the image
 * @v: the image
 * @format: printf format of the sentence
 *
 * Return: -EINVAL.
 */
int otseg_verify_refuse(const struct otseg_verify *v, const char *format, ...)
{
	va_list args;

	if (v->why_len) {
		va_start(args, format);
		vscnprintf(v->why, v->why_len, format, args);
		va_end(args);
	}
	return -EINVAL;
}

static int verify_header(const struct otseg_verify *v, size_t size)
{
	const struct otseg_image *image = v->image;

	if (size < sizeof(*image))
		return otseg_verify_refuse(v, "header: the image is cut short");
	if ((unsigned long)image % sizeof(u64))
		return otseg_verify_refuse(v, "header: the image is not aligned in memory");
	if (image->magic != OTSEG_IMAGE_MAGIC)
		return otseg_verify_refuse(v, "header: this is not a policy image");
	if (image->version != OTSEG_IMAGE_VERSION || image->header_size != sizeof(*image))
		return otseg_verify_refuse(v,
					   "header: format version %u is not supported, only %u is",
					   image->version, OTSEG_IMAGE_VERSION);
	if (image->size != size)
		return otseg_verify_refuse(v, "header: it tells of %u bytes, but there are %zu",
					   image->size, size);
	if (size > OTSEG_IMAGE_MAX)
		return otseg_verify_refuse(v, "header: %zu bytes are too many, at most %u", size,
					   OTSEG_IMAGE_MAX);
	if (image->flags & ~(OTSEG_IMG_NO_LINK_ARP | OTSEG_IMG_NO_LINK_ND | OTSEG_IMG_ISLAND |
			     OTSEG_IMG_ADOPT | OTSEG_IMG_ELSEWHERE))
		return otseg_verify_refuse(v, "header: unknown flags 0x%x", image->flags);
	if (image->adopt_s > OTSEG_ADOPT_MAX)
		return otseg_verify_refuse(v, "header: %u s are too long to take connections up",
					   image->adopt_s);
	if (image->revision > OTSEG_REVISION_MAX || image->supersedes > OTSEG_REVISION_MAX)
		return otseg_verify_refuse(v, "header: no revision is as high as that");
	if (image->supersedes && image->supersedes <= image->revision)
		return otseg_verify_refuse(v,
					   "header: it supersedes a revision that is not higher");
	return 0;
}

/* Sections follow one another at the next aligned place; what lies between is zero. */
static int verify_layout(const struct otseg_verify *v)
{
	const struct otseg_image *image = v->image;
	u64 end = sizeof(*image);
	u32 i;

	for (i = 0; i < OTSEG_SEC_COUNT; i++) {
		const struct otseg_section *sec = &image->sec[i];
		u64 off = (end + OTSEG_IMAGE_ALIGN - 1) & ~(u64)(OTSEG_IMAGE_ALIGN - 1);

		if (sec->count > shapes[i].most)
			return otseg_verify_refuse(v, "%s: %u records, at most %u are possible",
						   shapes[i].name, sec->count, shapes[i].most);
		if (sec->off != off || off > image->size)
			return otseg_verify_refuse(v, "%s: it begins at %u instead of %llu",
						   shapes[i].name, sec->off,
						   (unsigned long long)off);
		if (!is_zero((const u8 *)image + end, off - end))
			return otseg_verify_refuse(v, "%s: the gap in front of it is not zero",
						   shapes[i].name);
		end = off + (u64)sec->count * shapes[i].size;
		if (end > image->size)
			return otseg_verify_refuse(v, "%s: it ends behind the image",
						   shapes[i].name);
	}
	if (((end + OTSEG_IMAGE_ALIGN - 1) & ~(u64)(OTSEG_IMAGE_ALIGN - 1)) != image->size ||
	    !is_zero((const u8 *)image + end, image->size - end))
		return otseg_verify_refuse(v, "header: something follows the last section");
	for (; i < OTSEG_SEC_MAX; i++)
		if (image->sec[i].off || image->sec[i].count)
			return otseg_verify_refuse(v, "header: section %u does not exist", i);
	return 0;
}

/* Bytes of the UTF-8 character at @text, 0 if it is none or could command a terminal. */
static u32 character_length(const u8 *text, u32 len)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	u32 value, n, i;

	if (text[0] < 0x80)
		return text[0] == '\n' || text[0] == '\t' || !text[0] ||
		       (text[0] >= 0x20 && text[0] != 0x7f);
	if ((text[0] & 0xe0) == 0xc0)
		n = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		n = 3;
	else if ((text[0] & 0xf8) == 0xf0)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	value = text[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) ||
	    value < 0xa0)
		return 0;
	return n;
}

static int verify_strings(const struct otseg_verify *v)
{
	const u8 *text = RECORDS(v, STRINGS);
	u32 len = COUNT(v, STRINGS), at = 0, n;

	if (!len || text[0] || text[len - 1])
		return otseg_verify_refuse(v, "STRINGS: it does not begin and end with NUL");
	while (at < len) {
		pause_at(at);
		n = character_length(text + at, len - at);
		if (!n)
			return REFUSE(v, STRINGS, at, "byte 0x%02x is not text", text[at]);
		at += n;
	}
	return 0;
}

/**
 * otseg_verify_is_text - whether a string begins where it says
 * @v: the image
 * @ref: offset in STRINGS
 *
 * Return: whether it does: a text that began within a character would be none.
 */
bool otseg_verify_is_text(const struct otseg_verify *v, u32 ref)
{
	return ref < COUNT(v, STRINGS) && (!ref || !RECORDS(v, STRINGS)[ref - 1]);
}

/**
 * otseg_verify_is_name - whether a string can be the name of a thing, and of a file
 * @v: the image
 * @ref: offset in STRINGS
 *
 * Return: whether it is 1 to 63 of A-Z a-z 0-9 . _ -, the first a letter or digit.
 */
bool otseg_verify_is_name(const struct otseg_verify *v, u32 ref)
{
	const u8 *text = RECORDS(v, STRINGS);
	u32 i;

	if (!otseg_verify_is_text(v, ref))
		return false;
	text += ref;
	for (i = 0; i <= NAME_BYTES && text[i]; i++) {
		u8 lower = text[i] | 0x20;

		if ((lower >= 'a' && lower <= 'z' && text[i] < 0x80) ||
		    (text[i] >= '0' && text[i] <= '9'))
			continue;
		if (!i || (text[i] != '.' && text[i] != '_' && text[i] != '-'))
			return false;
	}
	return i > 0 && i <= NAME_BYTES;
}

/**
 * otseg_image_verify - judge an image
 * @image: the bytes, aligned as a u64; nobody may write to them any more
 * @size: their number
 * @why: takes the sentence that says what is wrong, ends with NUL
 * @why_len: bytes there, may be 0
 *
 * Does not look at the digest. Context: may sleep in the kernel.
 *
 * Return: 0 if the datapath may follow the image; -EINVAL if not.
 */
int otseg_image_verify(const void *image, size_t size, char *why, size_t why_len)
{
	/* In this order: each step may rely on what those before it have found good. */
	static int (*const steps[])(const struct otseg_verify *v) = {
		verify_layout,
		verify_strings,
		otseg_verify_links,
		otseg_verify_zones,
		otseg_verify_classes,
		otseg_verify_macs,
		otseg_verify_trie,
		otseg_verify_v6,
		otseg_verify_conduits,
		otseg_verify_windows,
		otseg_verify_rules,
		otseg_verify_leaves,
		otseg_verify_cells,
		otseg_verify_pairs,
		otseg_verify_assets,
		otseg_verify_prefixes,
		otseg_verify_wires,
	};
	struct otseg_verify v = { image, why, why_len };
	int err = verify_header(&v, size);
	size_t i;

	for (i = 0; !err && i < sizeof(steps) / sizeof(steps[0]); i++) {
		err = steps[i](&v);
		cond_resched();
	}
	if (!err && !otseg_verify_is_name(&v, v.image->name))
		err = otseg_verify_refuse(&v, "header: the policy's name is not a name");
	return err;
}
