// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the accepted messages of a file "messages"; its form is told in suite.c.
 */
#include "lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * proto_bytes - hex to bytes; HH*N stands for N bytes
 * @text: it
 * @end: where it ends
 * @bytes: takes them
 * @room: for so many
 *
 * Return: their number, or -1.
 */
int proto_bytes(const char *text, const char *end, u8 *bytes, u32 room)
{
	unsigned int value;
	unsigned long times;
	char *stop;
	u32 n = 0;

	while (text < end) {
		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		if (end - text < 2 || sscanf(text, "%2x", &value) != 1)
			return -1;
		text += 2;
		times = 1;
		if (*text == '*') {
			times = strtoul(text + 1, &stop, 10);
			text = stop;
		}
		if (times > room - n)
			return -1;
		memset(bytes + n, (int)value, times);
		n += times;
	}
	return (int)n;
}

/* A line with bytes: 1: it is in @line; 0: it has to be refused; or a negative errno. */
static int line_read(struct proto_line *line, const char *text)
{
	static u8 bytes[65536];
	const char *arrow = strstr(text, "=>");
	int n = arrow ? proto_bytes(text + 1, arrow, bytes, sizeof(bytes)) : -1;

	if (n <= 0)
		return -EINVAL;
	if (arrow[2 + strspn(arrow + 2, " \t")] == '!')
		return 0;
	line->is_reply = *text == '<';
	line->len = (u32)n;
	line->bytes = malloc((size_t)n);
	line->expect = strdup(arrow + 2);
	if (!line->bytes || !line->expect)
		return -ENOMEM;
	memcpy(line->bytes, bytes, (size_t)n);
	return 1;
}

/**
 * proto_lines_read - read the accepted messages of a protocol
 * @top: the folder "proto"
 * @folder: the protocol's folder below it
 * @lines: takes them, to be freed with proto_lines_free()
 *
 * Return: their number, or a negative errno.
 */
int proto_lines_read(const char *top, const char *folder, struct proto_line **lines)
{
	struct proto_line line = { .is_first = true }, *more;
	char *text = NULL;
	char path[4096];
	size_t room = 0;
	int n = 0;
	int got = 0;
	FILE *file;

	*lines = NULL;
	snprintf(path, sizeof(path), "%s/%s/messages", top, folder);
	snprintf(line.service, sizeof(line.service), "%s", folder);
	file = fopen(path, "r");
	if (!file)
		return -errno;
	while (got >= 0 && getline(&text, &room, file) >= 0) {
		line.number++;
		text[strcspn(text, "\n")] = 0;
		got = 0;
		if (*text == '>' || *text == '<') {
			got = line_read(&line, text);
		} else if (!strncmp(text, "conversation", 12)) {
			line.is_first = true;
		} else if (!strcmp(text, "datagrams")) {
			line.is_datagram = true;
		} else if (!strncmp(text, "service ", 8)) {
			snprintf(line.service, sizeof(line.service), "%s", text + 8);
			line.is_datagram = false;
		}
		if (got <= 0)
			continue;
		more = realloc(*lines, (size_t)(n + 1) * sizeof(*more));
		if (!more) {
			got = -ENOMEM;
			continue;
		}
		more[n++] = line;
		*lines = more;
		line.is_first = false;
	}
	free(text);
	fclose(file);
	if (got >= 0)
		return n;
	proto_lines_free(*lines, n);
	*lines = NULL;
	return got;
}

/**
 * proto_lines_free - let go of messages
 * @lines: what proto_lines_read() has given
 * @n: their number
 */
void proto_lines_free(struct proto_line *lines, int n)
{
	while (n-- > 0) {
		free(lines[n].bytes);
		free(lines[n].expect);
	}
	free(lines);
}
