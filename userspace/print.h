/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output: one JSON value, printed either as JSON or as text. A command builds
 * the value once and says which of its fields a text table shows.
 */
#ifndef OTSEG_PRINT_H
#define OTSEG_PRINT_H

#include <jansson.h>

#include "command.h"
#include "otseg/types.h"

/**
 * struct otseg_column - one column of a text table
 * @title: head of the column; NULL ends the list
 * @field: the field to show; "a.b" is field b of the object in field a
 * @is_number: align to the right
 */
struct otseg_column {
	const char *title;
	const char *field;
	bool is_number;
};

/**
 * otseg_plural - end of a noun behind a number
 * @n: the number
 *
 * Return: "s", or nothing behind 1.
 */
static inline const char *otseg_plural(long long n)
{
	return n == 1 ? "" : "s";
}

void otseg_print_json(const struct otseg_cli *cli, const json_t *value);
void otseg_print_table(const json_t *rows, const struct otseg_column *columns);
int otseg_print_rows(const struct otseg_cli *cli, const char *key, json_t *rows,
		     const struct otseg_column *columns);
void otseg_print_hex(char *text, const u8 *bytes, size_t n_bytes);
void otseg_print_address(char *text, size_t text_len, int family, const void *address);
void otseg_print_mac(char *text, size_t text_len, const u8 *mac);

#endif /* OTSEG_PRINT_H */
