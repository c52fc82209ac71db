// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text either is a policy or is refused with an error; what is a policy
 * compiles or is refused with an error; what compiles is printed so that it
 * compiles to the same image.
 */
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/image_walk.h"

static struct otseg_policy *load(const char *text, size_t len, struct otseg_diag *diag)
{
	struct otseg_policy *policy = otseg_policy_parse("fuzz", text, len, diag);

	if (!policy != !!diag->n_errors)
		abort();
	return policy;
}

static void check_print(const struct otseg_blob *image)
{
	struct otseg_diag diag = {};
	struct otseg_blob again = {};
	struct otseg_policy *policy;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (otseg_image_print(out, image->data, 0))
		abort();
	fclose(out);
	policy = load(text, len, &diag);
	if (!policy || otseg_policy_compile(policy, &again, &diag)) {
		otseg_diag_print(stderr, &diag);
		abort();
	}
	/* Lines may move if the text had more in one line than can be printed there. */
	out = fopen("/dev/null", "w");
	if (otseg_image_diff(out, image->data, again.data, 0))
		abort();
	fclose(out);
	otseg_policy_free(policy);
	otseg_blob_free(&again);
	otseg_diag_free(&diag);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct otseg_diag diag = {};
	struct otseg_blob image = {};
	struct otseg_policy *policy = load((const char *)data, size, &diag);

	if (policy && !otseg_policy_compile(policy, &image, &diag)) {
		check_print(&image);
		otseg_blob_free(&image);
	} else if (!diag.n_errors) {
		abort();
	}
	otseg_policy_free(policy);
	otseg_diag_free(&diag);
	return 0;
}
