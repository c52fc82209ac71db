// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rendering of JSON values as JSON or as aligned text tables. Owns no content.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

#define CELL_MAX 256 /* bytes of one cell of a table; longer ones are cut */

/**
 * otseg_print_json - print a value as one JSON document and a newline
 * @cli: says whether to indent
 * @value: the value
 */
void otseg_print_json(const struct otseg_cli *cli, const json_t *value)
{
	size_t flags = cli->pretty ? JSON_INDENT(2) : JSON_COMPACT;

	json_dumpf(value, stdout, flags | JSON_ENCODE_ANY);
	putchar('\n');
}

static const json_t *field_get(const json_t *row, const char *path)
{
	char name[64];
	const char *dot = strchr(path, '.');

	if (!dot)
		return json_object_get(row, path);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
	return field_get(json_object_get(row, name), dot + 1);
}

static void cell_add(char cell[CELL_MAX], const char *text)
{
	size_t len = strlen(cell);

	snprintf(cell + len, CELL_MAX - len, "%s", text);
}

/* Text of a value: a list is joined by commas, what is absent is a dash. */
static void cell_fill(char cell[CELL_MAX], const json_t *value)
{
	const json_t *item;
	const char *key;
	char number[32];
	size_t i;

	if (json_is_string(value)) {
		cell_add(cell, json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		cell_add(cell, number);
	} else if (json_is_real(value)) {
		snprintf(number, sizeof(number), "%g", json_real_value(value));
		cell_add(cell, number);
	} else if (json_is_boolean(value)) {
		cell_add(cell, json_is_true(value) ? "yes" : "no");
	} else if (json_is_array(value) && json_array_size(value)) {
		json_array_foreach((json_t *)value, i, item) {
			if (i)
				cell_add(cell, ",");
			cell_fill(cell, item);
		}
	} else if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, item) {
			if (*cell && cell[strlen(cell) - 1] != ',')
				cell_add(cell, " ");
			cell_add(cell, key);
			cell_add(cell, "=");
			cell_fill(cell, item);
		}
	} else {
		cell_add(cell, "-");
	}
}

/* Nothing that a policy or a capture holds may steer the terminal. */
static void cell_clean(char cell[CELL_MAX])
{
	for (; *cell; cell++) {
		if (iscntrl((unsigned char)*cell))
			*cell = '?';
	}
}

static void cell_get(char cell[CELL_MAX], const json_t *row, const struct otseg_column *column)
{
	cell[0] = '\0';
	cell_fill(cell, field_get(row, column->field));
	cell_clean(cell);
}

/* Columns of a terminal that a UTF-8 text takes, near enough: its code points. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void cell_print(const char *text, int width, bool right, bool last)
{
	int pad = width - width_of(text);

	if (right)
		printf("%*s%s", pad, "", text);
	else
		printf("%s%*s", text, last ? 0 : pad, "");
	fputs(last ? "\n" : "  ", stdout);
}

/**
 * otseg_print_table - print rows as aligned columns under a head line
 * @rows: array of objects
 * @columns: the columns, ended by one without a title
 */
void otseg_print_table(const json_t *rows, const struct otseg_column *columns)
{
	const json_t *row;
	char cell[CELL_MAX];
	int width[16];
	size_t i;
	int c, n;

	for (n = 0; columns[n].title && n < 16; n++)
		width[n] = width_of(columns[n].title);
	json_array_foreach((json_t *)rows, i, row) {
		for (c = 0; c < n; c++) {
			cell_get(cell, row, &columns[c]);
			if (width_of(cell) > width[c])
				width[c] = width_of(cell);
		}
	}
	for (c = 0; c < n; c++)
		cell_print(columns[c].title, width[c], columns[c].is_number, c == n - 1);
	json_array_foreach((json_t *)rows, i, row) {
		for (c = 0; c < n; c++) {
			cell_get(cell, row, &columns[c]);
			cell_print(cell, width[c], columns[c].is_number, c == n - 1);
		}
	}
}

/**
 * otseg_print_rows - print a list of objects the way the command line asks
 * @cli: says whether as JSON: then as the only field of one object
 * @key: name of that field
 * @rows: array of objects; the reference is taken over
 * @columns: columns of the table otherwise
 *
 * Return: OTSEG_EXIT_OK, or OTSEG_EXIT_SYSTEM without memory.
 */
int otseg_print_rows(const struct otseg_cli *cli, const char *key, json_t *rows,
		     const struct otseg_column *columns)
{
	json_t *document;

	if (!rows) {
		otseg_error_print("out of memory");
		return OTSEG_EXIT_SYSTEM;
	}
	if (cli->json) {
		document = json_pack("{s:O}", key, rows);
		otseg_print_json(cli, document);
		json_decref(document);
	} else {
		otseg_print_table(rows, columns);
	}
	json_decref(rows);
	return OTSEG_EXIT_OK;
}

/**
 * otseg_print_hex - spell bytes as hexadecimal digits
 * @text: takes 2 * @n_bytes characters and a NUL
 * @bytes: the bytes
 * @n_bytes: their number
 */
void otseg_print_hex(char *text, const u8 *bytes, size_t n_bytes)
{
	size_t i;

	text[0] = '\0';
	for (i = 0; i < n_bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/**
 * otseg_print_address - spell an IP address
 * @text: takes the address
 * @text_len: bytes of @text, INET6_ADDRSTRLEN are enough
 * @family: 4 or 6
 * @address: in network order
 */
void otseg_print_address(char *text, size_t text_len, int family, const void *address)
{
	if (!inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, text_len))
		snprintf(text, text_len, "?");
}

/**
 * otseg_print_mac - spell a MAC address
 * @text: takes the address
 * @text_len: bytes of @text, 18 are enough
 * @mac: as on the wire
 */
void otseg_print_mac(char *text, size_t text_len, const u8 *mac)
{
	snprintf(text, text_len, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}
