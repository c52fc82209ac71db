// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of messages about a policy: what is wrong, and where. Knows nothing
 * of policies; keeps the first OTSEG_DIAG_MAX messages and counts the others,
 * so that a hostile file cannot make it grow.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "policy.h"

/**
 * otseg_diag_add - note one message
 * @diag: the list
 * @severity: error or warning
 * @file: name of the file it is about
 * @line: line, from 1; 0: the file as a whole
 * @column: column, from 1; 0: the line as a whole
 * @format: printf format of the sentence
 */
void otseg_diag_add(struct otseg_diag *diag, enum otseg_severity severity, const char *file,
		    unsigned int line, unsigned int column, const char *format, ...)
{
	struct otseg_message *message;
	va_list args;

	if (severity == OTSEG_ERROR)
		diag->n_errors++;
	else
		diag->n_warnings++;
	/* Errors take the place of warnings when the list is full: never lose the first error. */
	if (diag->n_messages == OTSEG_DIAG_MAX && !(severity == OTSEG_ERROR && diag->n_errors == 1))
		return;

	if (!diag->messages)
		diag->messages = otseg_alloc(sizeof(*message) * OTSEG_DIAG_MAX);
	if (diag->n_messages == OTSEG_DIAG_MAX) {
		message = &diag->messages[--diag->n_messages];
		free(message->file);
		free(message->text);
	}

	message = &diag->messages[diag->n_messages++];
	message->severity = severity;
	message->line = line;
	message->column = column;
	message->file = strdup(file);
	va_start(args, format);
	if (vasprintf(&message->text, format, args) < 0)
		message->text = NULL;
	va_end(args);
	if (!message->file || !message->text)
		otseg_alloc_failed();
}

/**
 * otseg_diag_print - print all messages as file:line:column: severity: sentence
 * @out: where to
 * @diag: the list
 */
void otseg_diag_print(FILE *out, const struct otseg_diag *diag)
{
	unsigned int total = diag->n_errors + diag->n_warnings;
	unsigned int i;

	for (i = 0; i < diag->n_messages; i++) {
		const struct otseg_message *message = &diag->messages[i];

		fprintf(out, "%s:", message->file);
		if (message->line)
			fprintf(out, "%u:", message->line);
		if (message->line && message->column)
			fprintf(out, "%u:", message->column);
		fprintf(out, " %s: %s\n", message->severity == OTSEG_ERROR ? "error" : "warning",
			message->text);
	}
	if (total > diag->n_messages)
		fprintf(out, "%s: %u more messages are not shown\n", diag->messages[0].file,
			total - diag->n_messages);
}

/**
 * otseg_diag_free - empty the list
 * @diag: the list; afterwards it is as good as new
 */
void otseg_diag_free(struct otseg_diag *diag)
{
	unsigned int i;

	for (i = 0; i < diag->n_messages; i++) {
		free(diag->messages[i].file);
		free(diag->messages[i].text);
	}
	free(diag->messages);
	memset(diag, 0, sizeof(*diag));
}
