// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the module's netlink family that are nearly right: what the
 * specification allows, and from there a step aside. The same seed sends the same
 * messages. Looks at all that the module tells of itself between batches: it may differ only if a
 * message that changes something was accepted. What the kernel thinks of it all is in its log.
 *
 *	genl_fuzz SEED COUNT [UID]	UID: send as that user
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "linux/otseg.h"

#define BATCH 8
#define MESSAGE_MAX 70000
#define ANSWER_MAX 131072
#define ERRNO_MAX 4096

static struct mnl_socket *nl;
static uint16_t family;
static uint32_t sequence;
static uint64_t seed;
/* How far the transaction is, if all that looks right was accepted. */
static uint32_t staged_size;
static uint32_t staged_received;
static char message[MESSAGE_MAX];
static char answer[ANSWER_MAX];
static bool may_change[BATCH]; /* by number in the batch */
static bool has_changed;
static unsigned long n_verdicts[ERRNO_MAX];

/* xorshift64* */
static uint32_t next_random(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1dULL >> 32;
}

static uint32_t below(uint32_t n)
{
	return next_random() % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

enum kind { NUMBER, SECONDS, OFFSET, INDEX, BYTES, DIGEST, DEVICE, NAME };

/* What a request may hold, and up to which value or length. */
struct attribute {
	uint8_t command;
	uint8_t type;
	enum kind kind;
	uint32_t max;
};

static const struct attribute attributes[] = {
	{ OTSEG_CMD_POLICY_STAGE, OTSEG_A_POLICY_IMAGE_SIZE, NUMBER, OTSEG_SIZE_MAX },
	{ OTSEG_CMD_POLICY_STAGE, OTSEG_A_POLICY_DIGEST, DIGEST, OTSEG_DIGEST_SIZE },
	{ OTSEG_CMD_POLICY_CHUNK, OTSEG_A_POLICY_OFFSET, OFFSET, OTSEG_SIZE_MAX },
	{ OTSEG_CMD_POLICY_CHUNK, OTSEG_A_POLICY_DATA, BYTES, OTSEG_CHUNK_MAX },
	{ OTSEG_CMD_POLICY_VERIFY, OTSEG_A_POLICY_SIGNATURE, BYTES, OTSEG_SIGNATURE_MAX },
	{ OTSEG_CMD_POLICY_COMMIT, OTSEG_A_POLICY_EXPECT_GENERATION, NUMBER, 64 },
	{ OTSEG_CMD_POLICY_COMMIT, OTSEG_A_POLICY_CONFIRM_SECONDS, SECONDS, OTSEG_CONFIRM_MAX },
	{ OTSEG_CMD_POLICY_COMMIT, OTSEG_A_POLICY_PROVISIONAL, BYTES, 4 * OTSEG_PROVISIONAL_MAX },
	{ OTSEG_CMD_INTERFACE_BIND, OTSEG_A_INTERFACE_IFINDEX, INDEX, 8 },
	{ OTSEG_CMD_INTERFACE_BIND, OTSEG_A_INTERFACE_ROLE, DEVICE, OTSEG_DEVICE_MAX },
	{ OTSEG_CMD_INTERFACE_BIND, OTSEG_A_INTERFACE_PROVISIONAL, BYTES, 4 },
	{ OTSEG_CMD_INTERFACE_UNBIND, OTSEG_A_INTERFACE_IFINDEX, INDEX, 8 },
	{ OTSEG_CMD_INTERFACE_UNBIND, OTSEG_A_INTERFACE_ROLE, DEVICE, OTSEG_DEVICE_MAX },
	{ OTSEG_CMD_INTERFACE_GET, OTSEG_A_INTERFACE_IFINDEX, INDEX, 8 },
	{ OTSEG_CMD_INTERFACE_GET, OTSEG_A_INTERFACE_ROLE, DEVICE, OTSEG_DEVICE_MAX },
	{ OTSEG_CMD_COUNTERS_GET, OTSEG_A_COUNTERS_KIND, NUMBER, 5 },
	{ OTSEG_CMD_COUNTERS_GET, OTSEG_A_COUNTERS_FIRST, NUMBER, 262144 },
	{ OTSEG_CMD_COUNTERS_GET, OTSEG_A_COUNTERS_COUNT, NUMBER, OTSEG_VALUES_MAX },
	{ OTSEG_CMD_COUNTERS_GET, OTSEG_A_COUNTERS_GENERATION, NUMBER, 64 },
	{ OTSEG_CMD_POLICY_CONFIRM, OTSEG_A_POLICY_EXPECT_GENERATION, NUMBER, 64 },
	{ OTSEG_CMD_POLICY_ROLLBACK, OTSEG_A_POLICY_EXPECT_GENERATION, NUMBER, 64 },
	{ OTSEG_CMD_CONDUIT_SET, OTSEG_A_CONDUIT_NAME, NAME, OTSEG_NAME_MAX },
	{ OTSEG_CMD_CONDUIT_SET, OTSEG_A_CONDUIT_CHANGE, NUMBER, 5 },
	{ OTSEG_CMD_CONDUIT_SET, OTSEG_A_CONDUIT_SECONDS, SECONDS, OTSEG_GRANT_MAX },
	{ OTSEG_CMD_CONDUIT_SET, OTSEG_A_CONDUIT_REASON, BYTES, OTSEG_REASON_MAX },
	{ OTSEG_CMD_CONDUIT_SET, OTSEG_A_CONDUIT_EXPECT_GENERATION, NUMBER, 64 },
};

static const char *const names[] = { "telemetry", "first", "leaving", "nothing", "",	 "dev0",
				     "it0",	  "ot0",   "a/b",     "..",	 "%s%n", "lo" };

/* Commands whose success may change what the module tells. */
static bool changes(uint8_t command)
{
	switch (command) {
	case OTSEG_CMD_POLICY_COMMIT:
	case OTSEG_CMD_POLICY_ABORT: /* what was bound for it goes */
	case OTSEG_CMD_POLICY_CONFIRM:
	case OTSEG_CMD_POLICY_ROLLBACK:
	case OTSEG_CMD_INTERFACE_BIND:
	case OTSEG_CMD_INTERFACE_UNBIND:
	case OTSEG_CMD_CONDUIT_SET:
		return true;
	}
	return false;
}

/* Near a limit, small, or anything. What ends by itself must not do so meanwhile. */
static uint32_t some_number(enum kind kind, uint32_t max)
{
	switch (below(6)) {
	case 0:
		return max + below(3) - 1;
	case 1:
		return kind == SECONDS ? 0 : below(3);
	case 2:
		return next_random() | (kind == SECONDS ? 4096 : 0);
	default:
		if (kind == OFFSET)
			return staged_received;
		if (kind == SECONDS)
			return 100000 + below(max - 100000);
		/* A transaction of few bytes has an end. */
		return max == OTSEG_SIZE_MAX ? 64 * below(200) : 1 + below(max);
	}
}

static uint32_t some_length(uint32_t max)
{
	switch (below(8)) {
	case 0:
		return max + below(3) - 1;
	case 1:
		return below(max + 1);
	case 2:
		return one_in(8) ? below(2 * max) : 0;
	default:
		return below(64);
	}
}

static void put_bytes(struct nlmsghdr *nlh, uint16_t type, uint32_t len)
{
	static unsigned char bytes[65536];

	if (len > sizeof(bytes))
		len = sizeof(bytes);
	for (uint32_t i = 0; i < len && i < 256; i++)
		bytes[i] = next_random();
	if (!one_in(3) && len)
		bytes[len - 1] = 0;
	if (mnl_nlmsg_get_payload_len(nlh) + len + 64 < MESSAGE_MAX - 4096)
		mnl_attr_put(nlh, type, len, bytes);
}

static void put_valid(struct nlmsghdr *nlh, const struct attribute *attribute, uint16_t type)
{
	uint32_t len;

	switch (attribute->kind) {
	case NUMBER:
	case SECONDS:
	case OFFSET:
	case INDEX:
		mnl_attr_put_u32(nlh, type, some_number(attribute->kind, attribute->max));
		return;
	case DIGEST:
		put_bytes(nlh, type, attribute->max);
		return;
	case BYTES:
		len = some_length(attribute->max);
		if (attribute->command == OTSEG_CMD_POLICY_CHUNK && one_in(2))
			len = staged_size - staged_received;
		put_bytes(nlh, type, len);
		return;
	case DEVICE:
	case NAME:
		mnl_attr_put_strz(nlh, type, names[below(sizeof(names) / sizeof(names[0]))]);
		return;
	}
}

static void put_wrong(struct nlmsghdr *nlh, uint16_t type, uint32_t max)
{
	struct nlattr *nest, *last;

	switch (below(6)) {
	case 0:
		put_bytes(nlh, type, some_length(max > 65000 ? 65000 : max));
		return;
	case 1:
		mnl_attr_put_u8(nlh, type, next_random());
		return;
	case 2:
		mnl_attr_put_u64(nlh, type, next_random());
		return;
	case 3:
		nest = mnl_attr_nest_start(nlh, type);
		for (uint32_t i = below(4); i; i--)
			mnl_attr_put_u32(nlh, below(40), next_random());
		mnl_attr_nest_end(nlh, nest);
		return;
	case 4:
		put_bytes(nlh, type | (one_in(2) ? NLA_F_NET_BYTEORDER : NLA_F_NESTED), below(16));
		return;
	default:
		/* A length that is not that of what follows. */
		last = mnl_nlmsg_get_payload_tail(nlh);
		mnl_attr_put_u32(nlh, type, next_random());
		last->nla_len = one_in(2) ? below(12) : below(65536);
	}
}

/* Attributes of the command, in any order, some twice, some not, some wrong. */
static void put_attributes(struct nlmsghdr *nlh, uint8_t command)
{
	const size_t n = sizeof(attributes) / sizeof(attributes[0]);
	size_t first = below(n);

	for (size_t i = 0; i < n; i++) {
		const struct attribute *attribute = &attributes[(first + i) % n];

		if (attribute->command != command || one_in(8))
			continue;
		if (one_in(12))
			put_wrong(nlh, attribute->type, attribute->max);
		else
			put_valid(nlh, attribute, attribute->type);
	}
	while (one_in(6))
		put_wrong(nlh, one_in(4) ? below(65536) : below(40), 64);
}

static void follow_transaction(const struct nlmsghdr *nlh, uint8_t command)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (command == OTSEG_CMD_POLICY_STAGE && type == OTSEG_A_POLICY_IMAGE_SIZE) {
			staged_size = mnl_attr_get_u32(attr);
			staged_received = 0;
		} else if (command == OTSEG_CMD_POLICY_CHUNK && type == OTSEG_A_POLICY_DATA) {
			staged_received += mnl_attr_get_payload_len(attr);
		}
	}
	if (staged_received > staged_size)
		staged_received = 0;
	if (command == OTSEG_CMD_POLICY_VERIFY)
		staged_size = 0;
}

/* What takes a transaction further, if all that looked right was accepted; or anything. */
static uint8_t some_command(void)
{
	if (one_in(20))
		return below(256);
	if (!one_in(3))
		return 1 + below(OTSEG_CMD_MAX);
	if (!staged_size)
		return OTSEG_CMD_POLICY_STAGE;
	if (staged_received < staged_size)
		return OTSEG_CMD_POLICY_CHUNK;
	return OTSEG_CMD_POLICY_VERIFY;
}

/* Makes the next message; returns how many bytes to send. */
static size_t make_message(unsigned int number)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	uint8_t command = some_command();
	struct genlmsghdr *header;
	size_t len;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (one_in(8))
		nlh->nlmsg_flags |= one_in(2) ? NLM_F_DUMP : below(65536);
	nlh->nlmsg_seq = sequence + number;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->cmd = command;
	header->version = one_in(30) ? below(256) : 1;
	header->reserved = one_in(30) ? below(65536) : 0;
	put_attributes(nlh, command);
	follow_transaction(nlh, command);
	may_change[number] = changes(command);
	len = nlh->nlmsg_len;
	if (one_in(20)) {
		nlh->nlmsg_len -= below(len - sizeof(*nlh) + 1);
		len = nlh->nlmsg_len;
	}
	if (one_in(100))
		nlh->nlmsg_len = below(2 * len);
	return len;
}

#define BIT(n) (1ull << (n))

/* What the module is asked for its state, and which attributes of the answer are none of it. */
static const struct question {
	uint8_t command;
	uint16_t flags;
	uint64_t ignored;
} questions[] = {
	{ OTSEG_CMD_STATUS_GET, NLM_F_ACK, 0 },
	{ OTSEG_CMD_POLICY_GET, NLM_F_ACK,
	  BIT(OTSEG_A_POLICY_STAGED_STATE) | BIT(OTSEG_A_POLICY_STAGED_SIZE) |
		  BIT(OTSEG_A_POLICY_STAGED_RECEIVED) | BIT(OTSEG_A_POLICY_STAGED_DIGEST) |
		  BIT(OTSEG_A_POLICY_STATE_SECONDS) | BIT(OTSEG_A_POLICY_SECONDS_LEFT) },
	{ OTSEG_CMD_INTERFACE_GET, NLM_F_DUMP,
	  BIT(OTSEG_A_INTERFACE_UNGUARDED) | BIT(OTSEG_A_INTERFACE_LOST) |
		  BIT(OTSEG_A_INTERFACE_FAILED_OPEN) },
	{ OTSEG_CMD_CONDUIT_GET, NLM_F_DUMP,
	  BIT(OTSEG_A_CONDUIT_SINCE) | BIT(OTSEG_A_CONDUIT_SECONDS_LEFT) },
};

#define N_QUESTIONS (sizeof(questions) / sizeof(questions[0]))

/* FNV-1a, 64 bits */
static void add_bytes(uint64_t *hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	while (len--)
		*hash = (*hash ^ *at++) * 0x100000001b3ull;
}

static void read_state(const struct nlmsghdr *nlh, const struct question *question, uint64_t *state)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		uint16_t type = mnl_attr_get_type(attr);
		uint32_t flags;

		if (type < 64 && question->ignored & BIT(type))
			continue;
		add_bytes(state, &type, sizeof(type));
		if (question->command == OTSEG_CMD_STATUS_GET && type == OTSEG_A_STATUS_FLAGS) {
			flags = mnl_attr_get_u32(attr) & ~OTSEG_STATUS_FLAG_TRANSACTION;
			add_bytes(state, &flags, sizeof(flags));
		} else {
			add_bytes(state, mnl_attr_get_payload(attr),
				  mnl_attr_get_payload_len(attr));
		}
	}
}

static void read_verdict(const struct nlmsghdr *nlh, unsigned int number)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	unsigned int verdict = -err->error;

	if (verdict < ERRNO_MAX)
		n_verdicts[verdict]++;
	has_changed |= !verdict && may_change[number];
}

static bool is_end(const struct nlmsghdr *nlh, uint32_t question)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == NLMSG_ERROR && err->error)
		errx(1, "question %" PRIu32 ": %s", question, strerror(-err->error));
	if (questions[question].flags & NLM_F_DUMP)
		return nlh->nlmsg_type == NLMSG_DONE;
	return nlh->nlmsg_type == NLMSG_ERROR;
}

/* Answers come in order: those to the messages first, and then to this question. */
static void read_answers(uint32_t question, uint64_t *state)
{
	for (;;) {
		int len = mnl_socket_recvfrom(nl, answer, sizeof(answer));
		struct nlmsghdr *nlh = (struct nlmsghdr *)answer;

		if (len < 0) {
			if (errno == ENOBUFS || errno == EINTR)
				continue;
			errx(1, "no answer to message %" PRIu32 ": %s", sequence, strerror(errno));
		}
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			uint32_t number = nlh->nlmsg_seq - sequence;

			if (number < BATCH && nlh->nlmsg_type == NLMSG_ERROR)
				read_verdict(nlh, number);
			if (number != BATCH + question)
				continue;
			if (nlh->nlmsg_type == family)
				read_state(nlh, &questions[question], state);
			else if (is_end(nlh, question))
				return;
		}
	}
}

static uint64_t ask_state(void)
{
	uint64_t state = 0xcbf29ce484222325ull;

	/* One after the other: a socket has one dump at a time. */
	for (uint32_t i = 0; i < N_QUESTIONS; i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
		struct genlmsghdr *header;

		nlh->nlmsg_type = family;
		nlh->nlmsg_flags = NLM_F_REQUEST | questions[i].flags;
		nlh->nlmsg_seq = sequence + BATCH + i;
		header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
		header->cmd = questions[i].command;
		header->version = 1;
		if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
			errx(1, "sendto: %s", strerror(errno));
		read_answers(i, &state);
	}
	sequence += BATCH + N_QUESTIONS;
	return state;
}

static int keep_family(const struct nlattr *attr, void *data)
{
	(void)data;
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static void find_family(void)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	struct genlmsghdr *header;
	int len;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->cmd = CTRL_CMD_GETFAMILY;
	header->version = 1;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, OTSEG_FAMILY_NAME);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		errx(1, "sendto: %s", strerror(errno));
	len = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (len > 0 && mnl_nlmsg_ok((struct nlmsghdr *)answer, len))
		mnl_attr_parse((struct nlmsghdr *)answer, sizeof(*header), keep_family, NULL);
	if (!family)
		errx(1, "the kernel has no family otseg");
}

static void open_socket(void)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_NO_ENOBUFS };
	const struct timeval patience = { .tv_sec = 300 };
	int on = 1, room = 8 << 20;

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		errx(1, "netlink: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		mnl_socket_setsockopt(nl, options[i], &on, sizeof(on));
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

static unsigned long send_batch(unsigned long left)
{
	unsigned int i;

	for (i = 0; i < BATCH && i < left; i++) {
		size_t len = make_message(i);

		/* What the socket itself refuses is a message as well. */
		if (mnl_socket_sendto(nl, message, len) < 0 && errno != EMSGSIZE &&
		    errno != ENOBUFS && errno != EINVAL)
			errx(1, "sendto: %s", strerror(errno));
	}
	return i;
}

int main(int argc, char **argv)
{
	unsigned long count, sent = 0, n_compared = 0;
	uint64_t before, after;
	time_t start = time(NULL);

	if (argc < 3)
		errx(1, "usage: genl_fuzz SEED COUNT [UID]");
	seed = strtoull(argv[1], NULL, 0) * 2 + 1;
	count = strtoul(argv[2], NULL, 0);
	open_socket();
	if (argc > 3 && setuid(strtoul(argv[3], NULL, 0)))
		errx(1, "setuid: %s", strerror(errno));
	find_family();
	sequence = 1;
	before = ask_state();
	while (sent < count) {
		has_changed = false;
		sent += send_batch(count - sent);
		after = ask_state();
		if (!has_changed && before != after)
			errx(1, "the state changed in messages %lu to %lu, and none was accepted",
			     sent > BATCH ? sent - BATCH : 0, sent);
		n_compared += !has_changed;
		before = after;
	}
	printf("%lu messages in %ld s, %lu times nothing may have changed\n", sent,
	       (long)(time(NULL) - start), n_compared);
	if (n_compared < sent / BATCH / 4)
		errx(1, "the state was compared too seldom");
	for (int i = 0; i < ERRNO_MAX; i++)
		if (n_verdicts[i])
			printf("%9lu %s\n", n_verdicts[i], i ? strerror(i) : "accepted");
	return 0;
}
