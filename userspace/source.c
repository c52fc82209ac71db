// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting hold of an image, and keeping it. Images from files and from the kernel are checked
 * alike: nothing behind this file has to doubt one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "active.h"
#include "command.h"
#include "source.h"

/**
 * otseg_source_policy - compile a policy file
 * @path: the file
 * @image: takes the image; otseg_blob_free() it
 * @diag: takes what is to be said about the policy
 *
 * Return: 0 or a negative errno; the reason is in @diag.
 */
int otseg_source_policy(const char *path, struct otseg_blob *image, struct otseg_diag *diag)
{
	struct otseg_policy *policy = otseg_policy_load(path, diag);
	char why[256];
	int err;

	if (!policy)
		return -EINVAL;
	err = otseg_policy_compile(policy, image, diag);
	otseg_policy_free(policy);
	if (err)
		return err;
	/* The kernel would refuse it; better here than there. */
	err = otseg_image_check(image->data, image->len, why, sizeof(why));
	if (err) {
		otseg_diag_add(diag, OTSEG_ERROR, path, 0, 0, "the compiled image is refused: %s",
			       why);
		otseg_blob_free(image);
	}
	return err;
}

/**
 * otseg_source_read - read a file
 * @path: the file
 * @blob: takes what is in it; otseg_blob_free() it
 * @max: bytes that it may have
 *
 * Return: 0, -EFBIG if it has more, or another negative errno; not told.
 */
int otseg_source_read(const char *path, struct otseg_blob *blob, size_t max)
{
	FILE *file = fopen(path, "re");
	size_t room = 65536, len = 0;
	char *data = NULL, *grown;
	int err = 0;

	if (!file)
		return -errno;
	/* Not by its size: it may be a pipe. */
	do {
		room *= 2;
		grown = realloc(data, room);
		if (!grown) {
			err = -ENOMEM;
			break;
		}
		data = grown;
		len += fread(data + len, 1, room - len, file);
	} while (len == room && room <= max);
	if (!err && ferror(file))
		err = errno ? -errno : -EIO;
	if (!err && len > max)
		err = -EFBIG;
	fclose(file);
	if (err) {
		free(data);
		return err;
	}
	blob->data = data;
	blob->len = len;
	return 0;
}

/**
 * otseg_source_image - read an image file
 * @path: the file
 * @image: takes the image; otseg_blob_free() it
 *
 * Return: 0, -EPROTO if it is no image that can be used, or another negative
 * errno; told.
 */
int otseg_source_image(const char *path, struct otseg_blob *image)
{
	char why[256];
	int err = otseg_source_read(path, image, OTSEG_IMAGE_MAX);

	if (err == -EFBIG) {
		otseg_error_print("%s: not a policy image: longer than %u bytes", path,
				  OTSEG_IMAGE_MAX);
		return -EPROTO;
	}
	if (err) {
		otseg_error_print("%s: %s", path, strerror(-err));
		return err;
	}
	if (otseg_image_check(image->data, image->len, why, sizeof(why))) {
		otseg_error_print("%s: not a usable policy image: %s", path, why);
		otseg_blob_free(image);
		return -EPROTO;
	}
	return 0;
}

/**
 * otseg_source_is_image - whether a file is an image
 * @path: the file
 *
 * Return: whether it begins as one; what can be read only once is taken for a policy file.
 */
bool otseg_source_is_image(const char *path)
{
	FILE *file = fopen(path, "re");
	u32 magic = 0;
	bool is = false;
	struct stat st;

	if (!file)
		return false;
	if (!fstat(fileno(file), &st) && S_ISREG(st.st_mode))
		is = fread(&magic, sizeof(magic), 1, file) == 1 && magic == OTSEG_IMAGE_MAGIC;
	fclose(file);
	return is;
}

/**
 * otseg_source_active - read the active policy, with the state of its conduits
 * @image: takes the image; otseg_blob_free() it
 * @signer: takes who has signed it, to be freed, NULL: nobody; may be NULL
 *
 * Return: 0, -ENOENT without one, or another negative errno; told.
 */
int otseg_source_active(struct otseg_blob *image, char **signer)
{
	struct otseg_genl_status status = {};
	struct otseg_active active;
	int err = otseg_active_open(&active, false);

	if (!err)
		err = otseg_active_need_policy(&active);
	if (!err && signer) {
		*signer = NULL;
		if (otseg_backend_genl(active.backend))
			err = otseg_genl_status_get(otseg_backend_genl(active.backend), &status);
		if (*status.signer && status.generation == active.generation)
			*signer = strdup(status.signer);
	}
	if (!err) {
		*image = active.image;
		active.image = (struct otseg_blob){};
	}
	otseg_active_close(&active);
	return err;
}

/**
 * otseg_source_any - get an image from a policy file, an image file or the kernel
 * @path: the file, or "active"
 * @image: takes the image; otseg_blob_free() it
 * @diag: takes what is to be said about a policy file
 *
 * Return: 0 or a negative errno; told, or in @diag.
 */
int otseg_source_any(const char *path, struct otseg_blob *image, struct otseg_diag *diag)
{
	if (!strcmp(path, "active"))
		return otseg_source_active(image, NULL);
	if (otseg_source_is_image(path))
		return otseg_source_image(path, image);
	return otseg_source_policy(path, image, diag);
}

/**
 * otseg_source_write - put an image into a file
 * @path: the file
 * @image: the image
 * @mode: permissions of the file
 *
 * It has another name first: a reader of @path sees the old image or this one whole.
 *
 * Return: 0 or a negative errno.
 */
int otseg_source_write(const char *path, const struct otseg_blob *image, mode_t mode)
{
	char temporary[4096];
	ssize_t done = 0;
	size_t off;
	int fd, err = 0;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (off = 0; off < image->len; off += (size_t)done) {
		done = write(fd, (const char *)image->data + off, image->len - off);
		if (done < 0)
			break;
	}
	if (done < 0 || fchmod(fd, mode) || fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}
