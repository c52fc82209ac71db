// SPDX-License-Identifier: GPL-2.0-only
/*
 * otseg policy: check, compile, sign, verify, show, compare, apply, confirm, roll back, its
 * history and detach.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply.h"
#include "boot.h"
#include "confirm.h"
#include "detach.h"
#include "duration.h"
#include "history.h"
#include "object.h"
#include "policy/when.h"
#include "print.h"
#include "sign.h"
#include "source.h"
#include "unenforced.h"

enum {
	COMPILE_OUTPUT = 0,
	SIGN_KEY = 0,
	SIGN_CERT = 1,
	SIGN_OUTPUT = 2,
	VERIFY_SIGNATURE = 0,
	VERIFY_CERT = 1,
	SHOW_IMAGE = 0,
	SHOW_FILE = 1,
	APPLY_BACKEND = 0,
	APPLY_CONFIRM = 1,
	APPLY_REASON = 2,
	APPLY_SIGNATURE = 3,
	CONFIRM_REASON = 0,
	ROLLBACK_TO = 0,
	ROLLBACK_REASON = 1,
};

static unsigned int print_flags(const struct otseg_cli *cli)
{
	return (cli->json ? OTSEG_PRINT_JSON : 0) | (cli->pretty ? OTSEG_PRINT_PRETTY : 0);
}

/* A policy that cannot be read is the system's fault, one that is wrong its author's. */
static int source_exit(int err)
{
	return err == -EINVAL || err == -EPROTO || err == -ENOENT ? OTSEG_EXIT_REFUSED :
								    OTSEG_EXIT_SYSTEM;
}

/* A file that is not there is not the same as one that will not do. */
static int sign_exit(int err)
{
	if (!err)
		return OTSEG_EXIT_OK;
	return err == -EPROTO ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_SYSTEM;
}

static int file_check(const char *path)
{
	struct stat st;
	int err = 0;

	if (stat(path, &st) || access(path, R_OK))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	if (err)
		otseg_error_print("%s: %s", path, strerror(-err));
	return err;
}

/* Compiles @path and says on stderr what is to be said about it. */
static int policy_read(const char *path, struct otseg_blob *image)
{
	struct otseg_diag diag = {};
	int err;

	if (file_check(path))
		return OTSEG_EXIT_SYSTEM;
	err = otseg_source_policy(path, image, &diag);
	otseg_diag_print(stderr, &diag);
	otseg_diag_free(&diag);
	return err ? source_exit(err) : OTSEG_EXIT_OK;
}

/* A policy that is shown or applied does not enforce all that it says: on stderr, in any case. */
static void unenforced_warn(const struct otseg_blob *image)
{
	json_t *unenforced = otseg_unenforced_json(image->data, NULL);

	otseg_unenforced_print(stderr, "warning: ", unenforced);
	json_decref(unenforced);
}

static json_t *diag_json(const struct otseg_diag *diag)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < diag->n_messages; i++) {
		const struct otseg_message *m = &diag->messages[i];
		json_t *item = json_pack("{s:s, s:s}", "severity",
					 m->severity == OTSEG_ERROR ? "error" : "warning", "file",
					 m->file ? m->file : "");

		if (m->line)
			json_object_set_new(item, "line", json_integer(m->line));
		if (m->column)
			json_object_set_new(item, "column", json_integer(m->column));
		json_object_set_new(item, "text", json_string(m->text));
		json_array_append_new(list, item);
	}
	return list;
}

static int check_run(const struct otseg_cli *cli)
{
	const char *path = cli->words[0];
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	json_t *document;
	int err;

	if (file_check(path))
		return OTSEG_EXIT_SYSTEM;
	err = otseg_source_policy(path, &image, &diag);
	if (cli->json) {
		document = json_pack("{s:s, s:b, s:i, s:i, s:o}", "file", path, "valid", !err,
				     "errors", (int)diag.n_errors, "warnings", (int)diag.n_warnings,
				     "messages", diag_json(&diag));
		otseg_print_json(cli, document);
		json_decref(document);
	} else {
		otseg_diag_print(stderr, &diag);
		if (!err)
			printf("%s: valid, %u warning%s\n", path, diag.n_warnings,
			       diag.n_warnings == 1 ? "" : "s");
	}
	otseg_diag_free(&diag);
	otseg_blob_free(&image);
	return err ? source_exit(err) : OTSEG_EXIT_OK;
}

static int compile_run(const struct otseg_cli *cli)
{
	const char *output = cli->keys[COMPILE_OUTPUT];
	struct otseg_blob image = {};
	char digest[2 * OTSEG_DIGEST_LEN + 1];
	json_t *document;
	int err;

	err = policy_read(cli->words[0], &image);
	if (err)
		return err;
	err = otseg_source_write(output, &image, 0644);
	if (err) {
		otseg_error_print("%s: %s", output, strerror(-err));
		otseg_blob_free(&image);
		return OTSEG_EXIT_SYSTEM;
	}
	otseg_print_hex(digest, ((struct otseg_image *)image.data)->digest, OTSEG_DIGEST_LEN);
	if (cli->json) {
		document = json_pack("{s:s, s:i, s:s}", "file", output, "size", (int)image.len,
				     "digest", digest);
		otseg_print_json(cli, document);
		json_decref(document);
	} else {
		printf("%s: %zu bytes, digest %s\n", output, image.len, digest);
	}
	otseg_blob_free(&image);
	return OTSEG_EXIT_OK;
}

/* An image does not tell who has signed it; whoever verified it does. */
static int signed_show(const struct otseg_cli *cli, const void *image, const char *signer)
{
	json_t *policy;
	int err;

	if (!cli->json) {
		err = otseg_image_print(stdout, image, print_flags(cli));
		printf("# signed by %s\n", signer);
		return err;
	}
	policy = otseg_image_json(image);
	if (!policy)
		return -ENOMEM;
	json_object_set_new(policy, "signer", json_string(signer));
	otseg_print_json(cli, policy);
	json_decref(policy);
	return 0;
}

static int show_run(const struct otseg_cli *cli)
{
	struct otseg_blob image = {};
	int ret = OTSEG_EXIT_OK, err;
	char *signer = NULL;

	if (cli->keys[SHOW_IMAGE] && cli->keys[SHOW_FILE]) {
		otseg_error_print("'image' and 'file' exclude each other\n"
				  "Try 'otseg policy show help'.");
		return OTSEG_EXIT_USAGE;
	}
	if (cli->keys[SHOW_FILE]) {
		ret = policy_read(cli->keys[SHOW_FILE], &image);
	} else if (cli->keys[SHOW_IMAGE]) {
		err = otseg_source_image(cli->keys[SHOW_IMAGE], &image);
		if (err)
			ret = err == -EPROTO ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_SYSTEM;
	} else {
		err = otseg_source_active(&image, &signer);
		if (err)
			ret = source_exit(err);
	}
	if (ret)
		return ret;
	err = signer ? signed_show(cli, image.data, signer) :
		       otseg_image_print(stdout, image.data, print_flags(cli));
	free(signer);
	unenforced_warn(&image);
	otseg_blob_free(&image);
	if (!err)
		return OTSEG_EXIT_OK;
	otseg_error_print("%s", strerror(-err));
	return OTSEG_EXIT_SYSTEM;
}

/* One side of a comparison. */
static int side_read(const char *path, struct otseg_blob *image)
{
	struct otseg_diag diag = {};
	int err;

	if (strcmp(path, "active") && file_check(path))
		return OTSEG_EXIT_SYSTEM;
	err = otseg_source_any(path, image, &diag);
	otseg_diag_print(stderr, &diag);
	otseg_diag_free(&diag);
	return err ? OTSEG_EXIT_SYSTEM : OTSEG_EXIT_OK;
}

/* Exit 1 says "differs", so whatever keeps it from comparing is 3. */
static int diff_run(const struct otseg_cli *cli)
{
	struct otseg_blob old_image = {}, new_image = {};
	int ret;

	ret = side_read(cli->words[0], &old_image);
	if (!ret)
		ret = side_read(cli->words[1], &new_image);
	if (!ret) {
		/* What is open or closed by hand is no part of a policy. */
		otseg_image_plain(old_image.data);
		otseg_image_plain(new_image.data);
		/* Hours are compared as such: what passes is what passes within them. */
		otseg_when_open(old_image.data, OTSEG_NEVER);
		otseg_when_open(new_image.data, OTSEG_NEVER);
		ret = otseg_image_diff(stdout, old_image.data, new_image.data, print_flags(cli));
		if (ret < 0) {
			otseg_error_print("%s", strerror(-ret));
			ret = OTSEG_EXIT_SYSTEM;
		} else {
			ret = ret ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_OK;
		}
	}
	otseg_blob_free(&old_image);
	otseg_blob_free(&new_image);
	return ret;
}

/* A policy file, or the image of one, that may have been compiled elsewhere. */
static int apply_read(const char *path, struct otseg_blob *image)
{
	if (!otseg_source_is_image(path))
		return policy_read(path, image);
	return otseg_source_image(path, image) ? OTSEG_EXIT_REFUSED : OTSEG_EXIT_OK;
}

static json_t *signed_json(const char *file, const struct otseg_blob *image, const char *signer)
{
	const struct otseg_image *header = image->data;
	char digest[2 * OTSEG_DIGEST_LEN + 1];

	otseg_print_hex(digest, header->digest, OTSEG_DIGEST_LEN);
	return json_pack("{s:s, s:s, s:I, s:s}", "file", file, "digest", digest, "revision",
			 (json_int_t)header->revision, "signer", signer ? signer : "");
}

static void signed_print(const struct otseg_cli *cli, const char *what, const char *file,
			 const struct otseg_blob *image, const char *signer)
{
	json_t *document = signed_json(file, image, signer);

	if (cli->json)
		otseg_print_json(cli, document);
	else
		printf("%s: %s by '%s', revision %lld, digest %s\n", file, what,
		       json_string_value(json_object_get(document, "signer")),
		       json_integer_value(json_object_get(document, "revision")),
		       json_string_value(json_object_get(document, "digest")));
	json_decref(document);
}

static int sign_run(const struct otseg_cli *cli)
{
	struct otseg_blob image = {}, signature = {};
	char *path = NULL, *signer = NULL;
	int ret, err;

	if (cli->keys[SIGN_OUTPUT])
		path = strdup(cli->keys[SIGN_OUTPUT]);
	else if (asprintf(&path, "%s.sig", cli->words[0]) < 0)
		path = NULL;
	ret = path ? apply_read(cli->words[0], &image) : OTSEG_EXIT_SYSTEM;
	if (ret)
		goto out;
	err = otseg_sign_make(&image, cli->keys[SIGN_KEY], cli->keys[SIGN_CERT], &signature,
			      &signer);
	if (err) {
		ret = sign_exit(err);
		goto out;
	}
	err = otseg_source_write(path, &signature, 0644);
	if (err) {
		otseg_error_print("%s: %s", path, strerror(-err));
		ret = OTSEG_EXIT_SYSTEM;
		goto out;
	}
	signed_print(cli, "signature", path, &image, signer);
out:
	free(signer);
	free(path);
	otseg_blob_free(&signature);
	otseg_blob_free(&image);
	return ret;
}

static int verify_run(const struct otseg_cli *cli)
{
	struct otseg_blob image = {}, signature = {};
	char *signer = NULL;
	int ret, err;

	ret = apply_read(cli->words[0], &image);
	if (ret)
		return ret;
	err = otseg_sign_read(cli->keys[VERIFY_SIGNATURE], &signature);
	if (!err)
		err = otseg_sign_check(&image, &signature, cli->keys[VERIFY_CERT], &signer);
	if (!err)
		signed_print(cli, "signed", cli->words[0], &image, signer);
	free(signer);
	otseg_blob_free(&signature);
	otseg_blob_free(&image);
	return err ? sign_exit(err) : OTSEG_EXIT_OK;
}

static int apply_run(const struct otseg_cli *cli)
{
	const char *backend = cli->keys[APPLY_BACKEND];
	const char *confirm = cli->keys[APPLY_CONFIRM];
	struct otseg_apply_options options = {
		.command = "apply",
		.file = cli->words[0],
		.reason = cli->keys[APPLY_REASON],
	};
	struct otseg_history_entry refused = {
		.command = "apply",
		.result = "refused",
		.why = "the file is not a policy that can be used",
		.file = cli->words[0],
		.reason = cli->keys[APPLY_REASON],
	};
	const char *path = cli->keys[APPLY_SIGNATURE];
	struct otseg_blob image = {}, signature = {};
	int ret;

	if (backend && !strcmp(backend, "map"))
		options.wanted = OTSEG_BACKEND_MAP;
	else if (backend && !strcmp(backend, "module"))
		options.wanted = OTSEG_BACKEND_MODULE;
	if (confirm) {
		options.confirm_s = otseg_duration_parse(confirm, OTSEG_CONFIRM_MAX);
		if (!options.confirm_s) {
			otseg_error_print("'confirm %s': expected a time like 90s, 10m or 2h, up to "
					  "%u seconds\n"
					  "Try 'otseg policy apply help'.",
					  confirm, OTSEG_CONFIRM_MAX);
			return OTSEG_EXIT_USAGE;
		}
	}
	ret = apply_read(cli->words[0], &image);
	if (!ret && path) {
		ret = sign_exit(otseg_sign_read(path, &signature));
		options.signature = &signature;
	}
	if (ret) {
		otseg_blob_free(&image);
		if (*otseg_error_last())
			refused.why = otseg_error_last();
		otseg_history_add(&refused);
		return ret;
	}
	ret = otseg_apply_policy(cli, &image, &options);
	otseg_blob_free(&signature);
	if (!ret)
		unenforced_warn(&image);
	otseg_blob_free(&image);
	return ret;
}

static int confirm_run(const struct otseg_cli *cli)
{
	return otseg_confirm_run(cli, cli->keys[CONFIRM_REASON]);
}

static int rollback_run(const struct otseg_cli *cli)
{
	return otseg_rollback_run(cli, cli->keys[ROLLBACK_TO], cli->keys[ROLLBACK_REASON]);
}

static int detach_run(const struct otseg_cli *cli)
{
	return otseg_detach_run(cli, NULL);
}

static const struct otseg_command commands[] = {
	{
		.name = "check",
		.words = { "FILE" },
		.sentence = "Check a policy file. Needs no privilege and changes nothing.",
		.run = check_run,
	},
	{
		.name = "compile",
		.words = { "FILE" },
		.keys = { { "output", "IMAGE", "the file to write", true } },
		.sentence = "Compile a policy file to an image.",
		.run = compile_run,
	},
	{
		.name = "sign",
		.words = { "FILE" },
		.keys = { { "key", "KEY", "the signer's private key, PEM", true },
			  { "cert", "CERT", "the certificate of that key, PEM or DER", true },
			  { "output", "SIGNATURE", "the file to write; FILE.sig if left out",
			    false } },
		.sentence = "Sign a policy file or an image, for modules that take signed ones.",
		.run = sign_run,
	},
	{
		.name = "verify",
		.words = { "FILE" },
		.keys = { { "signature", "SIGNATURE", "its signature", true },
			  { "cert", "CERT", "the certificate that it must be by, PEM or DER",
			    true } },
		.sentence = "Verify the signature of a policy file or an image.",
		.run = verify_run,
	},
	{
		.name = "show",
		.keys = { { "image", "IMAGE", "show this image instead of the active policy",
			    false },
			  { "file", "FILE", "show this policy file, compiled", false } },
		.sentence = "Show the active policy, an image or a policy file in full.",
		.run = show_run,
	},
	{
		.name = "apply",
		.words = { "FILE" },
		.keys = { { "backend", "auto|map|module",
			    "who owns the policy; auto: the module if it is loaded", false },
			  { "confirm", "TIME",
			    "roll back after 90s, 10m, 2h, unless 'policy confirm' comes before",
			    false },
			  OTSEG_KEY_REASON(false),
			  { "signature", "SIGNATURE", "its signature; needs the module", false } },
		.sentence = "Put a policy file or an image in force. If anything fails, nothing "
			    "changes.",
		.run = apply_run,
	},
	{
		.name = "diff",
		.words = { "OLD", "NEW" },
		.sentence = "Tell what two policies do differently, each a policy file, an image or "
			    "'active'. Exit 1: something.",
		.run = diff_run,
	},
	{
		.name = "confirm",
		.keys = { OTSEG_KEY_REASON(false) },
		.sentence = "Keep the active policy, which was applied with 'confirm'.",
		.run = confirm_run,
	},
	{
		.name = "rollback",
		.keys = { { "to", "previous",
			    "to the policy before this one, though this one has come back itself",
			    false },
			  OTSEG_KEY_REASON(false) },
		.sentence = "Go back to the last confirmed policy, or to the one before this.",
		.run = rollback_run,
	},
	{
		.name = "restore",
		.sentence = "Put the last confirmed policy in force again, when the host has "
			    "started; closed as it was.",
		.run = otseg_boot_restore_run,
	},
	{
		.name = "history",
		.sentence = "Show who put which policy in force, and what came of it.",
		.run = otseg_history_run,
	},
	{
		.name = "detach",
		.sentence = "End enforcement: detach every interface and remove the datapath.",
		.run = detach_run,
	},
	{},
};

const struct otseg_object otseg_object_policy = {
	.name = "policy",
	.sentence = "what may pass between zones",
	.commands = commands,
	.default_command = -1,
};
