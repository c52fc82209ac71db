// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether bytes are an image: the digest, and the judgement of the verifier.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "policy.h"
#include "../../kmod/image_verify.h"

/**
 * otseg_image_digest - compute the digest of an image
 * @image: the image; its digest field counts as zero
 * @len: its bytes
 * @digest: where the digest goes; may be the image's own field
 *
 * Return: 0; -EINVAL if @len is less than a header; -ENOMEM.
 */
int otseg_image_digest(const void *image, size_t len, u8 digest[OTSEG_DIGEST_LEN])
{
	static const u8 zero[OTSEG_DIGEST_LEN];
	const size_t before = offsetof(struct otseg_image, digest);
	const size_t after = before + OTSEG_DIGEST_LEN;
	EVP_MD_CTX *ctx;
	int good;

	if (len < sizeof(struct otseg_image))
		return -EINVAL;
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return -ENOMEM;
	good = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) && EVP_DigestUpdate(ctx, image, before) &&
	       EVP_DigestUpdate(ctx, zero, sizeof(zero)) &&
	       EVP_DigestUpdate(ctx, (const u8 *)image + after, len - after) &&
	       EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	return good ? 0 : -ENOMEM;
}

/* The digest of an image without the state that it bears. */
static int plain_digest(const void *image, size_t len, u8 digest[OTSEG_DIGEST_LEN])
{
	void *copy;
	int err;

	if (otseg_state_is_plain(image))
		return otseg_image_digest(image, len, digest);
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, image, len);
	otseg_image_plain(copy);
	err = otseg_image_digest(copy, len, digest);
	free(copy);
	return err;
}

/**
 * otseg_image_check - judge bytes that should be an image, as it was compiled
 * @image: the bytes, aligned as a u64
 * @len: their number
 * @why: takes the sentence that says what is wrong
 * @why_len: bytes there
 *
 * Return: 0; -EBADMSG if the digest is not that of the bytes; another negative
 * errno if they are no image.
 */
int otseg_image_check(const void *image, size_t len, char *why, size_t why_len)
{
	int err = otseg_image_check_active(image, len, why, why_len);

	if (err || otseg_state_is_plain(image))
		return err;
	snprintf(why, why_len, "CONDUITS: it bears the state that conduits had somewhere");
	return -EINVAL;
}

/**
 * otseg_image_check_active - judge bytes that should be the image in force
 * @image: the bytes, aligned as a u64
 * @len: their number
 * @why: takes the sentence that says what is wrong
 * @why_len: bytes there
 *
 * It may bear the state of conduits, which is not under the digest.
 *
 * Return: as otseg_image_check() does.
 */
int otseg_image_check_active(const void *image, size_t len, char *why, size_t why_len)
{
	const struct otseg_image *header = image;
	u8 digest[OTSEG_DIGEST_LEN];
	int err = otseg_image_verify(image, len, why, why_len);

	if (err)
		return err;
	err = plain_digest(image, len, digest);
	if (err) {
		snprintf(why, why_len, "the digest cannot be computed");
		return err;
	}
	if (!memcmp(digest, header->digest, sizeof(digest)))
		return 0;
	snprintf(why, why_len, "header: the digest is not that of the image");
	return -EBADMSG;
}
