/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The accepted messages of a protocol, for who sends them as frames: what suite.c reads of a
 * file "messages", without what it expects of them.
 */
#ifndef PROTO_LINES_H
#define PROTO_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "../../include/otseg/types.h"

/**
 * struct proto_line - a message
 * @bytes: it
 * @len: bytes of it
 * @number: of its line in the file
 * @is_reply: of the side that did not open the flow
 * @is_first: a conversation begins with it
 * @is_datagram: it comes in a datagram although TCP carries the service
 * @service: what it is of; the folder's name if the file does not say
 * @expect: the rest of the line
 */
struct proto_line {
	u8 *bytes;
	u32 len;
	u32 number;
	bool is_reply;
	bool is_first;
	bool is_datagram;
	char service[32];
	char *expect;
};

int proto_bytes(const char *text, const char *end, u8 *bytes, u32 room);
int proto_lines_read(const char *top, const char *folder, struct proto_line **lines);
void proto_lines_free(struct proto_line *lines, int n);

#endif /* PROTO_LINES_H */
