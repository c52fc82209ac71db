// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of the module's netlink family for tests: does what it is told, in
 * the order it is told, over one socket, right or wrong. Unlike the tool it can
 * send what no sane client would. It proves nothing by itself.
 *
 *	genl_client [-r TIMES] STEP...	each STEP is one word, or a quoted list
 *
 * "fail:ERRNO STEP" succeeds only if the step is refused with that error (ANY:
 * with some error) and a sentence, which is printed. "may STEP" may be refused
 * or not. "failing STEP [| UNDO]" does a step with each of the module's allocations
 * failing in turn; see step_failing(). -r does the whole list again and again.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/otseg.h"
#include "otseg/image.h"

#define BUFFER_SIZE 131072
#define MAX_WORDS 16

static struct mnl_socket *nl;
static uint16_t family;
static uint32_t group; /* of news about conduits */
static uint32_t group_enforcement; /* of news about what is not enforced */
static struct mnl_socket *ear;
static uint32_t sequence;
static char buffer[BUFFER_SIZE];
static struct nlmsghdr *request;
static char sentence[512]; /* of the last refusal */

static unsigned char *image;
static size_t image_len;
static unsigned char signature[2 * OTSEG_SIGNATURE_MAX]; /* of the image */
static size_t signature_len; /* 0: it has none */

static FILE *out; /* where answers are told */
static FILE *dump_to; /* where policy-read writes */
static bool dump_interrupted;

static const struct {
	int number;
	const char *name;
} errors[] = {
#define E(name)             \
	{                   \
		name, #name \
	}
	E(EPERM),
	E(ENOENT),
	E(EEXIST),
	E(EINVAL),
	E(EBUSY),
	E(ENODEV),
	E(ENOMEM),
	E(ERANGE),
	E(ENODATA),
	E(ESTALE),
	E(EBADMSG),
	E(EMSGSIZE),
	E(EOVERFLOW),
	E(ENOSPC),
	E(EOPNOTSUPP),
	E(EALREADY),
	E(ENOKEY),
	E(EKEYREJECTED),
	E(ETIME),
#undef E
};

static const char *error_name(int number)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].number == number)
			return errors[i].name;
	return strerror(number);
}

static void begin(uint16_t type, uint8_t command, uint16_t flags)
{
	struct genlmsghdr *header;

	request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = ++sequence;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->cmd = command;
	header->version = 1;
}

/* Keeps the sentence of an extended acknowledgement. */
static void keep_sentence(const struct nlmsghdr *nlh, size_t skip)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || mnl_nlmsg_get_payload_len(nlh) < skip)
		return;
	mnl_attr_for_each(attr, nlh, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(sentence, sizeof(sentence), "%s", mnl_attr_get_str(attr));
}

/* Sends the request and hands every answer to @parse. Returns 0 or -errno. */
static int transact(void (*parse)(const struct nlmsghdr *))
{
	static char answer[BUFFER_SIZE];

	sentence[0] = 0;
	dump_interrupted = false;
	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		errx(2, "sendto: %s", strerror(errno));
	for (;;) {
		int len = mnl_socket_recvfrom(nl, answer, sizeof(answer));
		struct nlmsghdr *nlh = (struct nlmsghdr *)answer;

		if (len < 0)
			errx(2, "recvfrom: %s", strerror(errno));
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				dump_interrupted = true;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

				keep_sentence(nlh, sizeof(*err));
				return err->error;
			}
			if (nlh->nlmsg_type == NLMSG_DONE) {
				const int *err = mnl_nlmsg_get_payload(nlh);

				keep_sentence(nlh, sizeof(*err));
				return *err;
			}
			if (parse)
				parse(nlh);
		}
	}
}

static const struct nlattr *find(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static void parse_family(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr = find(nlh, CTRL_ATTR_FAMILY_ID), *entry, *part;

	if (attr)
		family = mnl_attr_get_u16(attr);
	attr = find(nlh, CTRL_ATTR_MCAST_GROUPS);
	if (!attr)
		return;
	mnl_attr_for_each_nested(entry, attr) {
		const char *name = "";
		uint32_t id = 0;

		mnl_attr_for_each_nested(part, entry) {
			if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_ID)
				id = mnl_attr_get_u32(part);
			else if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_NAME)
				name = mnl_attr_get_str(part);
		}
		if (!strcmp(name, OTSEG_MCGRP_CONDUITS))
			group = id;
		else if (!strcmp(name, OTSEG_MCGRP_ENFORCEMENT))
			group_enforcement = id;
	}
}

static void connect_family(void)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
	int on = 1;

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		errx(2, "netlink: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		mnl_socket_setsockopt(nl, options[i], &on, sizeof(on));
	begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, OTSEG_FAMILY_NAME);
	if (transact(parse_family) || !family)
		errx(2, "the kernel has no family otseg");
}

/* What an answer's attributes are called, and how they are written. */
struct field {
	uint16_t type;
	const char *name;
	char format; /* n number, s string, x bytes, f flag, v values */
};

static const struct field policy_fields[] = {
	{ OTSEG_A_POLICY_STATE, "state", 'n' },
	{ OTSEG_A_POLICY_NAME, "name", 's' },
	{ OTSEG_A_POLICY_DIGEST, "digest", 'x' },
	{ OTSEG_A_POLICY_GENERATION, "generation", 'n' },
	{ OTSEG_A_POLICY_IMAGE_SIZE, "image-size", 'n' },
	{ OTSEG_A_POLICY_STAGED_STATE, "staged-state", 'n' },
	{ OTSEG_A_POLICY_STAGED_SIZE, "staged-size", 'n' },
	{ OTSEG_A_POLICY_STAGED_RECEIVED, "staged-received", 'n' },
	{ OTSEG_A_POLICY_STAGED_DIGEST, "staged-digest", 'x' },
	{ OTSEG_A_POLICY_CONFIRM_STATE, "confirm-state", 'n' },
	{ OTSEG_A_POLICY_STATE_SECONDS, "state-seconds", 'n' },
	{ OTSEG_A_POLICY_SECONDS_LEFT, "seconds-left", 'n' },
	{ OTSEG_A_POLICY_FALLBACK_NAME, "fallback-name", 's' },
	{ OTSEG_A_POLICY_FALLBACK_DIGEST, "fallback-digest", 'x' },
	{ OTSEG_A_POLICY_SINCE_GENERATION, "since-generation", 'n' },
	{},
};

static const struct field conduit_fields[] = {
	{ OTSEG_A_CONDUIT_GENERATION, "generation", 'n' },
	{ OTSEG_A_CONDUIT_NAME, "name", 's' },
	{ OTSEG_A_CONDUIT_CHANGE, "change", 'n' },
	{ OTSEG_A_CONDUIT_FLAGS, "flags", 'n' },
	{ OTSEG_A_CONDUIT_SECONDS_LEFT, "seconds-left", 'n' },
	{ OTSEG_A_CONDUIT_SINCE, "since", 'n' },
	{ OTSEG_A_CONDUIT_REASON, "reason", 's' },
	{},
};

static const struct field interface_fields[] = {
	{ OTSEG_A_INTERFACE_ROLE, "role", 's' },
	{ OTSEG_A_INTERFACE_IFINDEX, "ifindex", 'n' },
	{ OTSEG_A_INTERFACE_DEVICE, "device", 's' },
	{ OTSEG_A_INTERFACE_PRESENT, "present", 'f' },
	{ OTSEG_A_INTERFACE_BOUND, "bound", 'f' },
	{ OTSEG_A_INTERFACE_GOVERNED, "governed", 'f' },
	{ OTSEG_A_INTERFACE_GUARDED, "guarded", 'f' },
	{ OTSEG_A_INTERFACE_XDP_MODE, "xdp-mode", 'n' },
	{ OTSEG_A_INTERFACE_XDP_PROG_ID, "xdp-prog-id", 'n' },
	{ OTSEG_A_INTERFACE_UNGUARDED, "unguarded", 'n' },
	{ OTSEG_A_INTERFACE_MARKED, "marked", 'f' },
	{ OTSEG_A_INTERFACE_LOST, "lost", 'n' },
	{ OTSEG_A_INTERFACE_FAIL_OPEN, "fail-open", 'f' },
	{ OTSEG_A_INTERFACE_FAILED_OPEN, "failed-open", 'n' },
	{},
};

static const struct field status_fields[] = {
	{ OTSEG_A_STATUS_VERSION, "version", 's' },
	{ OTSEG_A_STATUS_IMAGE_VERSION, "image-version", 'n' },
	{ OTSEG_A_STATUS_COUNTER_COUNT, "counter-count", 'n' },
	{ OTSEG_A_STATUS_STATE, "state", 'n' },
	{ OTSEG_A_STATUS_GENERATION, "generation", 'n' },
	{ OTSEG_A_STATUS_NAME, "name", 's' },
	{ OTSEG_A_STATUS_DIGEST, "digest", 'x' },
	{ OTSEG_A_STATUS_IMAGE_SIZE, "image-size", 'n' },
	{ OTSEG_A_STATUS_LINKS, "links", 'n' },
	{ OTSEG_A_STATUS_ZONES, "zones", 'n' },
	{ OTSEG_A_STATUS_CONDUITS, "conduits", 'n' },
	{ OTSEG_A_STATUS_RULES, "rules", 'n' },
	{ OTSEG_A_STATUS_INTERFACES, "interfaces", 'n' },
	{ OTSEG_A_STATUS_FLAGS, "flags", 'n' },
	{ OTSEG_A_STATUS_REVISION, "revision", 'n' },
	{ OTSEG_A_STATUS_CERTIFICATES, "certificates", 'n' },
	{ OTSEG_A_STATUS_LEAST_REVISION, "least-revision", 'n' },
	{ OTSEG_A_STATUS_SIGNER, "signer", 's' },
	{},
};

static const struct field counters_fields[] = {
	{ OTSEG_A_COUNTERS_GENERATION, "generation", 'n' },
	{ OTSEG_A_COUNTERS_VALUES, "values", 'v' },
	{},
};

static void print_attr(const struct nlattr *attr, const struct field *field)
{
	const unsigned char *data = mnl_attr_get_payload(attr);
	uint16_t len = mnl_attr_get_payload_len(attr);
	uint64_t value;

	fprintf(out, " %s=", field->name);
	switch (field->format) {
	case 'n':
		fprintf(out, "%" PRIu64,
			len == 8 ? mnl_attr_get_u64(attr) : mnl_attr_get_u32(attr));
		break;
	case 's':
		fprintf(out, "%s", mnl_attr_get_str(attr));
		break;
	case 'x':
		for (uint16_t i = 0; i < len; i++)
			fprintf(out, "%02x", data[i]);
		break;
	case 'f':
		fprintf(out, "yes");
		break;
	case 'v':
		for (uint16_t i = 0; i + 8 <= len; i += 8) {
			memcpy(&value, data + i, sizeof(value));
			fprintf(out, "%s%" PRIu64, i ? "," : "", value);
		}
		break;
	}
}

static void print_answer(const struct nlmsghdr *nlh, const struct field *fields)
{
	const struct nlattr *attr;

	fprintf(out, "answer");
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		for (const struct field *field = fields; field->name; field++)
			if (field->type == mnl_attr_get_type(attr))
				print_attr(attr, field);
	fprintf(out, "\n");
}

static void print_policy(const struct nlmsghdr *nlh)
{
	print_answer(nlh, policy_fields);
}

static void print_interface(const struct nlmsghdr *nlh)
{
	print_answer(nlh, interface_fields);
}

static void print_status(const struct nlmsghdr *nlh)
{
	print_answer(nlh, status_fields);
}

static void print_counters(const struct nlmsghdr *nlh)
{
	print_answer(nlh, counters_fields);
}

static void print_conduit(const struct nlmsghdr *nlh)
{
	print_answer(nlh, conduit_fields);
}

static void write_part(const struct nlmsghdr *nlh)
{
	const struct nlattr *offset = find(nlh, OTSEG_A_POLICY_OFFSET);
	const struct nlattr *data = find(nlh, OTSEG_A_POLICY_DATA);

	if (!offset || !data || mnl_attr_get_u32(offset) != (uint32_t)ftell(dump_to))
		errx(2, "policy-read: parts are not in order");
	fwrite(mnl_attr_get_payload(data), 1, mnl_attr_get_payload_len(data), dump_to);
}

/* The steps. Each returns 0 or -errno; argument 0 is the step's own name. */

static int step_load(char **arg)
{
	FILE *file = fopen(arg[1], "rb");

	if (!file)
		errx(2, "%s: %s", arg[1], strerror(errno));
	free(image);
	image = calloc(1, OTSEG_IMAGE_MAX + 1);
	if (!image)
		errx(2, "no memory");
	image_len = fread(image, 1, OTSEG_IMAGE_MAX + 1, file);
	signature_len = 0;
	fclose(file);
	return 0;
}

/* signature FILE: of the image, sent with the next "verify" */
static int step_signature(char **arg)
{
	FILE *file = fopen(arg[1], "rb");

	if (!file)
		errx(2, "%s: %s", arg[1], strerror(errno));
	signature_len = fread(signature, 1, sizeof(signature), file);
	fclose(file);
	return 0;
}

/* flip-signature OFFSET BIT: one bit of it; an offset below 0 counts from its end */
static int step_flip_signature(char **arg)
{
	long at = strtol(arg[1], NULL, 0);

	signature[at < 0 ? (long)signature_len + at : at] ^= 1u << strtoul(arg[2], NULL, 0);
	return 0;
}

/* flip OFFSET BIT: one bit of the image */
static int step_flip(char **arg)
{
	image[strtoul(arg[1], NULL, 0)] ^= 1u << strtoul(arg[2], NULL, 0);
	return 0;
}

/* length BYTES: of what is sent; the header keeps saying what it says */
static int step_length(char **arg)
{
	image_len = strtoul(arg[1], NULL, 0);
	return 0;
}

/* digest: make the header's digest fit the bytes again */
static int step_digest(char **arg)
{
	struct otseg_image *header = (struct otseg_image *)image;

	(void)arg;
	memset(header->digest, 0, sizeof(header->digest));
	SHA256(image, image_len, header->digest);
	return 0;
}

/* stage [BYTES] */
static int step_stage(char **arg)
{
	const struct otseg_image *header = (const struct otseg_image *)image;

	begin(family, OTSEG_CMD_POLICY_STAGE, NLM_F_ACK);
	mnl_attr_put_u32(request, OTSEG_A_POLICY_IMAGE_SIZE,
			 arg[1] ? strtoul(arg[1], NULL, 0) : image_len);
	mnl_attr_put(request, OTSEG_A_POLICY_DIGEST, sizeof(header->digest), header->digest);
	return transact(NULL);
}

static int put_chunk(uint32_t offset, uint32_t len)
{
	begin(family, OTSEG_CMD_POLICY_CHUNK, NLM_F_ACK);
	mnl_attr_put_u32(request, OTSEG_A_POLICY_OFFSET, offset);
	mnl_attr_put(request, OTSEG_A_POLICY_DATA, len, image + offset);
	return transact(NULL);
}

/* chunk OFFSET BYTES */
static int step_chunk(char **arg)
{
	return put_chunk(strtoul(arg[1], NULL, 0), strtoul(arg[2], NULL, 0));
}

/* chunks: all of the image, as large as they may be */
static int step_chunks(char **arg)
{
	int err = 0;

	(void)arg;
	for (size_t at = 0; !err && at < image_len; at += OTSEG_CHUNK_MAX)
		err = put_chunk(at, image_len - at < OTSEG_CHUNK_MAX ? image_len - at :
								       OTSEG_CHUNK_MAX);
	return err;
}

static int simple(uint8_t command, uint16_t flags, void (*parse)(const struct nlmsghdr *))
{
	begin(family, command, flags);
	return transact(parse);
}

static int step_verify(char **arg)
{
	(void)arg;
	begin(family, OTSEG_CMD_POLICY_VERIFY, NLM_F_ACK);
	if (signature_len)
		mnl_attr_put(request, OTSEG_A_POLICY_SIGNATURE, signature_len, signature);
	return transact(print_policy);
}

/* commit [EXPECTED GENERATION] */
static int step_commit(char **arg)
{
	begin(family, OTSEG_CMD_POLICY_COMMIT, NLM_F_ACK);
	if (arg[1])
		mnl_attr_put_u32(request, OTSEG_A_POLICY_EXPECT_GENERATION,
				 strtoul(arg[1], NULL, 0));
	return transact(print_policy);
}

/* try SECONDS: commit what has to be confirmed by then */
static int step_try(char **arg)
{
	begin(family, OTSEG_CMD_POLICY_COMMIT, NLM_F_ACK);
	mnl_attr_put_u32(request, OTSEG_A_POLICY_CONFIRM_SECONDS, strtoul(arg[1], NULL, 0));
	return transact(print_policy);
}

static int settle(uint8_t command, const char *generation)
{
	begin(family, command, NLM_F_ACK);
	if (generation)
		mnl_attr_put_u32(request, OTSEG_A_POLICY_EXPECT_GENERATION,
				 strtoul(generation, NULL, 0));
	return transact(print_policy);
}

/* confirm [EXPECTED GENERATION] */
static int step_confirm(char **arg)
{
	return settle(OTSEG_CMD_POLICY_CONFIRM, arg[1]);
}

/* rollback [EXPECTED GENERATION] */
static int step_rollback(char **arg)
{
	return settle(OTSEG_CMD_POLICY_ROLLBACK, arg[1]);
}

static int step_abort(char **arg)
{
	(void)arg;
	return simple(OTSEG_CMD_POLICY_ABORT, NLM_F_ACK, NULL);
}

static int step_get(char **arg)
{
	(void)arg;
	return simple(OTSEG_CMD_POLICY_GET, NLM_F_ACK, print_policy);
}

/* read FILE: the active image */
static int step_read(char **arg)
{
	int err;

	dump_to = fopen(arg[1], "wb");
	if (!dump_to)
		errx(2, "%s: %s", arg[1], strerror(errno));
	err = simple(OTSEG_CMD_POLICY_READ, NLM_F_DUMP, write_part);
	fclose(dump_to);
	if (dump_interrupted)
		printf("interrupted\n");
	return err;
}

/* push FILE [SIGNATURE]: all of it */
static int step_push(char **arg)
{
	char *none[MAX_WORDS] = {};
	int err = step_load(arg);

	if (arg[2])
		err = err ?: step_signature(arg + 1);
	err = err ?: step_stage(none);
	err = err ?: step_chunks(none);
	err = err ?: step_verify(none);
	return err ?: step_commit(none);
}

/* push-try FILE SECONDS [SIGNATURE]: the same, to be confirmed */
static int step_push_try(char **arg)
{
	char *none[MAX_WORDS] = {};
	int err = step_load(arg);

	if (arg[3])
		err = err ?: step_signature(arg + 2);
	err = err ?: step_stage(none);
	err = err ?: step_chunks(none);
	err = err ?: step_verify(none);
	return err ?: step_try(arg + 1);
}

static int step_status(char **arg)
{
	(void)arg;
	return simple(OTSEG_CMD_STATUS_GET, NLM_F_ACK, print_status);
}

static uint32_t index_of(const char *device)
{
	uint32_t ifindex = if_nametoindex(device);

	return ifindex ?: (uint32_t)strtoul(device, NULL, 0);
}

/* bind DEVICE [ROLE [provisional]] */
static int step_bind(char **arg)
{
	begin(family, OTSEG_CMD_INTERFACE_BIND, NLM_F_ACK);
	mnl_attr_put_u32(request, OTSEG_A_INTERFACE_IFINDEX, index_of(arg[1]));
	if (arg[2])
		mnl_attr_put_strz(request, OTSEG_A_INTERFACE_ROLE, arg[2]);
	if (arg[2] && arg[3])
		mnl_attr_put(request, OTSEG_A_INTERFACE_PROVISIONAL, 0, NULL);
	return transact(NULL);
}

/* expect ROLE [provisional]: bound before there is a device of that name */
static int step_expect(char **arg)
{
	begin(family, OTSEG_CMD_INTERFACE_BIND, NLM_F_ACK);
	mnl_attr_put_strz(request, OTSEG_A_INTERFACE_ROLE, arg[1]);
	if (arg[2])
		mnl_attr_put(request, OTSEG_A_INTERFACE_PROVISIONAL, 0, NULL);
	return transact(NULL);
}

/* by_role COMMAND ROLE, by_device COMMAND DEVICE: which interface is meant */
static int about(uint8_t command, const char *device, const char *role)
{
	begin(family, command, NLM_F_ACK);
	if (device)
		mnl_attr_put_u32(request, OTSEG_A_INTERFACE_IFINDEX, index_of(device));
	if (role)
		mnl_attr_put_strz(request, OTSEG_A_INTERFACE_ROLE, role);
	return transact(print_interface);
}

static int step_unbind(char **arg)
{
	return about(OTSEG_CMD_INTERFACE_UNBIND, arg[1], NULL);
}

static int step_unbind_role(char **arg)
{
	return about(OTSEG_CMD_INTERFACE_UNBIND, NULL, arg[1]);
}

static int step_interface(char **arg)
{
	return about(OTSEG_CMD_INTERFACE_GET, NULL, arg[1]);
}

static int step_interfaces(char **arg)
{
	(void)arg;
	return simple(OTSEG_CMD_INTERFACE_GET, NLM_F_DUMP, print_interface);
}

/* counters KIND FIRST COUNT [GENERATION] */
static int step_counters(char **arg)
{
	begin(family, OTSEG_CMD_COUNTERS_GET, NLM_F_ACK);
	mnl_attr_put_u32(request, OTSEG_A_COUNTERS_KIND, strtoul(arg[1], NULL, 0));
	mnl_attr_put_u32(request, OTSEG_A_COUNTERS_FIRST, strtoul(arg[2], NULL, 0));
	mnl_attr_put_u32(request, OTSEG_A_COUNTERS_COUNT, strtoul(arg[3], NULL, 0));
	if (arg[4])
		mnl_attr_put_u32(request, OTSEG_A_COUNTERS_GENERATION, strtoul(arg[4], NULL, 0));
	return transact(print_counters);
}

/* change NUMBER [NAME [SECONDS [REASON]]]: of a conduit; "-" leaves something out */
static int step_change(char **arg)
{
	begin(family, OTSEG_CMD_CONDUIT_SET, NLM_F_ACK);
	mnl_attr_put_u32(request, OTSEG_A_CONDUIT_CHANGE, strtoul(arg[1], NULL, 0));
	if (arg[2] && strcmp(arg[2], "-"))
		mnl_attr_put_strz(request, OTSEG_A_CONDUIT_NAME, arg[2]);
	if (arg[2] && arg[3] && strcmp(arg[3], "-"))
		mnl_attr_put_u32(request, OTSEG_A_CONDUIT_SECONDS, strtoul(arg[3], NULL, 0));
	if (arg[2] && arg[3] && arg[4])
		mnl_attr_put_strz(request, OTSEG_A_CONDUIT_REASON, arg[4]);
	return transact(print_conduit);
}

static int step_conduits(char **arg)
{
	(void)arg;
	return simple(OTSEG_CMD_CONDUIT_GET, NLM_F_DUMP, print_conduit);
}

static int listen_to(uint32_t which)
{
	ear = mnl_socket_open(NETLINK_GENERIC);
	if (!ear || mnl_socket_bind(ear, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(ear, NETLINK_ADD_MEMBERSHIP, &which, sizeof(which)) < 0)
		errx(2, "listen: %s", strerror(errno));
	return 0;
}

/* listen: hear of changes from now on */
static int step_listen(char **arg)
{
	(void)arg;
	return listen_to(group);
}

/* listen_enforcement: hear of what is not enforced from now on */
static int step_listen_enforcement(char **arg)
{
	(void)arg;
	return listen_to(group_enforcement);
}

/* heard_unenforced CONDUITS [INTERFACES]: the next piece of news tells of so many */
static int step_heard_unenforced(char **arg)
{
	static char news[BUFFER_SIZE];
	const struct timeval patience = { .tv_sec = 120 };
	const struct nlattr *conduits, *interfaces;

	setsockopt(mnl_socket_get_fd(ear), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (mnl_socket_recvfrom(ear, news, sizeof(news)) < 0)
		return -errno;
	conduits = find((struct nlmsghdr *)news, OTSEG_A_UNENFORCED_CONDUITS);
	interfaces = find((struct nlmsghdr *)news, OTSEG_A_UNENFORCED_INTERFACES);
	if (!conduits || !interfaces)
		return -EBADMSG;
	printf("unenforced conduits=%u interfaces=%u\n", mnl_attr_get_u32(conduits),
	       mnl_attr_get_u32(interfaces));
	return mnl_attr_get_u32(conduits) == strtoul(arg[1], NULL, 0) &&
			       mnl_attr_get_u32(interfaces) == strtoul(arg[2] ?: "0", NULL, 0) ?
		       0 :
		       -EBADMSG;
}

/* heard NUMBER [NAME]: the next piece of news is of that change */
static int step_heard(char **arg)
{
	static char news[BUFFER_SIZE];
	const struct timeval patience = { .tv_sec = 120 };
	const struct nlattr *name;

	setsockopt(mnl_socket_get_fd(ear), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (mnl_socket_recvfrom(ear, news, sizeof(news)) < 0)
		return -errno;
	print_conduit((struct nlmsghdr *)news);
	name = find((struct nlmsghdr *)news, OTSEG_A_CONDUIT_NAME);
	if (mnl_attr_get_u32(find((struct nlmsghdr *)news, OTSEG_A_CONDUIT_CHANGE)) !=
		    strtoul(arg[1], NULL, 0) ||
	    !name != !arg[2] || (name && strcmp(mnl_attr_get_str(name), arg[2])))
		return -EBADMSG;
	return 0;
}

/* raw COMMAND ATTRIBUTE BYTES: BYTES zeroes in an attribute, for the policies */
static int step_raw(char **arg)
{
	static const unsigned char zeroes[65000];

	begin(family, strtoul(arg[1], NULL, 0), NLM_F_ACK);
	mnl_attr_put(request, strtoul(arg[2], NULL, 0), strtoul(arg[3], NULL, 0), zeroes);
	return transact(NULL);
}

/* sealed SERIAL FILE: nobody can change the keyring, or get hold of it */
static int step_sealed(char **arg)
{
	long ring = strtol(arg[1], NULL, 16);
	struct {
		const char *what;
		long result;
	} tries[5];
	size_t len, i;

	step_load((char *[]){ NULL, arg[2] });
	len = image_len;
	tries[0].what = "a key was added";
	tries[0].result = syscall(SYS_add_key, "asymmetric", "mine", image, len, ring);
	tries[1].what = "it was cleared";
	tries[1].result = syscall(SYS_keyctl, KEYCTL_CLEAR, ring);
	tries[2].what = "its permissions were changed";
	tries[2].result = syscall(SYS_keyctl, KEYCTL_SETPERM, ring, 0x3f3f3f3f);
	tries[3].what = "it was linked to a keyring of ours";
	tries[3].result = syscall(SYS_keyctl, KEYCTL_LINK, ring, KEY_SPEC_PROCESS_KEYRING);
	tries[4].what = "it was revoked";
	tries[4].result = syscall(SYS_keyctl, KEYCTL_REVOKE, ring);
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (tries[i].result >= 0)
			errx(2, "keyring %s: %s", arg[1], tries[i].what);
	return 0;
}

/* user UID: go on as another user, with another socket */
static int step_user(char **arg)
{
	mnl_socket_close(nl);
	if (setuid(strtoul(arg[1], NULL, 0)))
		errx(2, "setuid: %s", strerror(errno));
	connect_family();
	return 0;
}

/* ready FILE: make the file, then wait for the end of standard input or of the process */
static int step_ready(char **arg)
{
	FILE *file = fopen(arg[1], "w");
	int c;

	if (!file)
		errx(2, "%s: %s", arg[1], strerror(errno));
	fclose(file);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
	return 0;
}

static int step_failing(char **arg);

static const struct {
	const char *name;
	int (*run)(char **arg);
	int min_args;
} steps[] = {
	{ "load", step_load, 1 },
	{ "flip", step_flip, 2 },
	{ "signature", step_signature, 1 },
	{ "flip-signature", step_flip_signature, 2 },
	{ "sealed", step_sealed, 2 },
	{ "length", step_length, 1 },
	{ "digest", step_digest, 0 },
	{ "stage", step_stage, 0 },
	{ "chunk", step_chunk, 2 },
	{ "chunks", step_chunks, 0 },
	{ "verify", step_verify, 0 },
	{ "commit", step_commit, 0 },
	{ "try", step_try, 1 },
	{ "confirm", step_confirm, 0 },
	{ "rollback", step_rollback, 0 },
	{ "abort", step_abort, 0 },
	{ "get", step_get, 0 },
	{ "read", step_read, 1 },
	{ "push", step_push, 1 },
	{ "push-try", step_push_try, 2 },
	{ "status", step_status, 0 },
	{ "expect", step_expect, 1 },
	{ "bind", step_bind, 1 },
	{ "unbind", step_unbind, 1 },
	{ "unbind-role", step_unbind_role, 1 },
	{ "interface", step_interface, 1 },
	{ "interfaces", step_interfaces, 0 },
	{ "counters", step_counters, 3 },
	{ "change", step_change, 1 },
	{ "conduits", step_conduits, 0 },
	{ "listen", step_listen, 0 },
	{ "heard", step_heard, 1 },
	{ "listen_enforcement", step_listen_enforcement, 0 },
	{ "heard_unenforced", step_heard_unenforced, 1 },
	{ "raw", step_raw, 3 },
	{ "user", step_user, 1 },
	{ "ready", step_ready, 1 },
	{ "failing", step_failing, 1 },
};

static int run_step(char **words, int n_words)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].name, words[0]))
			continue;
		if (n_words <= steps[i].min_args)
			errx(2, "%s: %d arguments expected", words[0], steps[i].min_args);
		return steps[i].run(words);
	}
	errx(2, "%s: no such step", words[0]);
}

static int list_folder(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	if (type == FTW_D)
		fprintf(out, "%s\n", path);
	return 0;
}

/* Hides the numbers that follow @name, which are other ones each time. */
static void hide(char *text, const char *name)
{
	while ((text = strstr(text, name))) {
		text += strlen(name);
		while (*text >= '0' && *text <= '9')
			memmove(text, text + 1, strlen(text));
	}
}

/* All that a refused request must not change, but for what time changes. */
static char *state(void)
{
	char *text = NULL;
	size_t len;
	int err;

	out = open_memstream(&text, &len);
	if (!out)
		errx(2, "no memory");
	err = step_status(NULL) ?: step_conduits(NULL) ?: step_interfaces(NULL);
	if (nftw("/sys/kernel/otseg", list_folder, 16, FTW_PHYS))
		errx(2, "nftw: %s", strerror(errno));
	fclose(out);
	out = stdout;
	if (err)
		errx(2, "state: %s", strerror(-err));
	hide(text, " since=");
	hide(text, " seconds-left=");
	hide(text, " unguarded=");
	hide(text, " lost=");
	return text;
}

/*
 * The n-th allocation fails from now on, 0: none; by a parameter of a module that was built
 * for it, or by the kernel, for this thread. Returns what was left.
 */
static unsigned long fail_nth(unsigned long n)
{
	static int fd = -1;
	char left[24] = {}, text[24];
	int len = snprintf(text, sizeof(text), "%lu", n);

	if (fd < 0)
		fd = open("/sys/module/otseg/parameters/fail_at", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, left, sizeof(left) - 1, 0) <= 0 || pwrite(fd, text, len, 0) != len)
		errx(2, "fail-nth: %s", strerror(errno));
	return strtoul(left, NULL, 10);
}

static int count_words(char **words)
{
	int n = 0;

	while (words[n] && strcmp(words[n], "|"))
		n++;
	return n;
}

/*
 * failing STEP [| UNDO]: with the first allocation failing, then with the second, until
 * there is none left to fail. Which ones count, the caller has told the kernel. A step
 * that is refused must have changed nothing; one that does without memory is undone.
 */
static int step_failing(char **arg)
{
	char *before = state(), *after, **step = arg + 1, **undo = step + count_words(step);
	unsigned long n, refused = 0;
	int err;

	if (*undo) {
		*undo = NULL;
		undo++;
	}
	for (n = 1;; n++) {
		fail_nth(n);
		err = run_step(step, count_words(step));
		if (fail_nth(0))
			break;
		refused += !!err;
		if (err && !sentence[0])
			errx(2, "%s: without allocation %lu: %s, and no sentence", *step, n,
			     error_name(-err));
		if (!err && *undo && run_step(undo, count_words(undo)))
			errx(2, "%s: without allocation %lu: %s", *undo, n, sentence);
		/* Of a transaction nothing counts but its commit. */
		if (err)
			step_abort(NULL);
		after = state();
		if (err && strcmp(before, after))
			errx(2, "%s: without allocation %lu this\n%sbecame this\n%s", *step, n, before,
			     after);
		free(before);
		before = after;
	}
	free(before);
	printf("failing %s: %lu allocations, refused without %lu of them\n", *step, n - 1, refused);
	return err;
}

/* Runs one step; false if it did not go as expected. */
static bool run(char *text)
{
	char *words[MAX_WORDS + 1] = {}, *expected = NULL;
	bool may_fail = false;
	int n = 0, err;

	for (char *word = strtok(text, " "); word && n < MAX_WORDS; word = strtok(NULL, " ")) {
		if (!n && !strncmp(word, "fail:", 5))
			expected = word + 5;
		else if (!n && !strcmp(word, "may"))
			may_fail = true;
		else
			words[n++] = word;
	}
	if (!n)
		errx(2, "an empty step");

	err = run_step(words, n);
	if (err)
		printf("%s: %s: %s\n", words[0], error_name(-err), sentence);
	fflush(stdout);
	if (!expected)
		return !err || may_fail;
	if (!err) {
		printf("%s: expected to be refused with %s\n", words[0], expected);
		return false;
	}
	if (strcmp(expected, "ANY") && strcmp(expected, error_name(-err))) {
		printf("%s: expected to be refused with %s\n", words[0], expected);
		return false;
	}
	/* Permission is refused before the family is asked: no sentence then. */
	if (!sentence[0] && err != -EPERM) {
		printf("%s: refused without a sentence\n", words[0]);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned long times = 1;
	int first = 1;

	if (argc > 2 && !strcmp(argv[1], "-r")) {
		times = strtoul(argv[2], NULL, 0);
		first = 3;
	}
	out = stdout;
	connect_family();
	while (times--) {
		for (int i = first; i < argc; i++) {
			char *text = strdup(argv[i]);
			bool good = text && run(text);

			free(text);
			if (!good)
				return 1;
		}
	}
	return 0;
}
