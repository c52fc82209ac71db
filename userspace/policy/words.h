/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of the policy language that stand for numbers: services, access
 * classes, ICMP types, ARP operations, and the functions and objects of each
 * inspector. Both ways, and what a misspelt word may have meant.
 */
#ifndef OTSEG_POLICY_WORDS_H
#define OTSEG_POLICY_WORDS_H

#include "document.h"
#include "otseg/service.h"

/**
 * struct otseg_service_word - a service
 * @name: its name
 * @carriers: mask of OTSEG_ON_*
 * @port: its well-known port, 0: none
 * @state: whether it is inspected
 */
struct otseg_service_word {
	const char *name;
	u8 carriers;
	u16 port;
	enum otseg_service_state state;
};

extern const struct otseg_service_word otseg_services[OTSEG_SVC_COUNT];

/**
 * struct otseg_word - a word and its number
 * @name: the word
 * @number: what it stands for
 * @extra: object type of a function, highest number of an object type
 * @access: access classes of a function
 * @flags: OTSEG_WORD_*
 */
struct otseg_word {
	const char *name;
	u32 number;
	u32 extra;
	u8 access;
	u8 flags;
};

#define OTSEG_WORD_HAS_SUBS 0x1 /* sub-functions follow */

/**
 * struct otseg_word_list - words of one kind
 * @words: the words, each number once
 * @n: their number
 */
struct otseg_word_list {
	const struct otseg_word *words;
	size_t n;
};

extern const struct otseg_word_list otseg_words_access;
extern const struct otseg_word_list otseg_words_arp;

struct otseg_word_list otseg_words_icmp(unsigned int service);
struct otseg_word_list otseg_words_functions(unsigned int service);
struct otseg_word_list otseg_words_subfunctions(unsigned int service, u32 function);
struct otseg_word_list otseg_words_objects(unsigned int service);

const struct otseg_word *otseg_words_find(struct otseg_word_list list, const char *name);
const struct otseg_word *otseg_words_number(struct otseg_word_list list, u32 number);
int otseg_words_service(const char *name);

const char *otseg_words_suggest(struct otseg_source *source, const char *word,
				const char *const *names, size_t n);
const char *otseg_words_suggest_word(struct otseg_source *source, const char *word,
				     struct otseg_word_list list);

#endif /* OTSEG_POLICY_WORDS_H */
