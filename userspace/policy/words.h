/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of the policy language that stand for numbers: services, access
 * classes, ICMP types, ARP operations, and what each inspector knows by name. Both ways,
 * and what a misspelt word may have meant.
 */
#ifndef OTSEG_POLICY_WORDS_H
#define OTSEG_POLICY_WORDS_H

#include "document.h"
#include "otseg/service.h"

/**
 * struct otseg_service_word - a service
 * @name: its name
 * @family: enum otseg_service, the one whose inspector it shares
 * @carriers: mask of OTSEG_ON_*
 * @tcp: its well-known TCP port, 0: none
 * @udp: its well-known UDP port, 0: none
 * @ether: its ethertype, 0: none
 * @state: whether it is inspected
 */
struct otseg_service_word {
	const char *name;
	u8 family;
	u8 carriers;
	u16 tcp;
	u16 udp;
	u16 ether;
	enum otseg_service_state state;
};

extern const struct otseg_service_word otseg_services[OTSEG_SVC_COUNT];

/**
 * struct otseg_word - a word and its number
 * @name: the word
 * @number: what it stands for
 * @extra: of a function its object type, of a sub-function its function, of an object
 *	type or a field its highest number, of a word for a field's number the field, of a
 *	carrier, whose number is OTSEG_ON_*, its OTSEG_SEL_*
 * @access: access classes of a function
 * @flags: OTSEG_FN_* or OTSEG_OBJ_*
 * @sentence: what it is, or NULL
 */
struct otseg_word {
	const char *name;
	u32 number;
	u32 extra;
	u8 access;
	u8 flags;
	const char *sentence;
};

/**
 * struct otseg_word_list - words of one kind
 * @words: the words, each number once
 * @n: their number
 */
struct otseg_word_list {
	const struct otseg_word *words;
	size_t n;
};

/* When a message to units that are a broadcast is one. */
enum otseg_broadcast_kind {
	OTSEG_BROADCAST_NONE,
	OTSEG_BROADCAST_ALWAYS,
	OTSEG_BROADCAST_SOMETIMES, /* in some forms of it */
};

#define OTSEG_BROADCASTS 2

/**
 * struct otseg_broadcast - units that are everybody
 * @kind: enum otseg_broadcast_kind
 * @range: they
 */
struct otseg_broadcast {
	u32 kind;
	struct otseg_img_range range;
};

/**
 * struct otseg_protocol - what a rule can name of an inspected service
 * @unit: what the protocol calls the address within an endpoint, NULL: it has none
 * @unit_max: highest one
 * @code_max: highest function code that can be named by its number
 * @sub_max: highest sub-function
 * @value_max: highest written value, 0: values are not visible
 * @any_type: object types without a name are called this and a number, such as
 *	"group-12"; NULL: there are none
 * @any_type_max: highest number of such a type
 * @any_max: highest number of an object of such a type
 * @broadcasts: units that are broadcasts; the first one without a kind ends them
 * @is_exact: of functions without sub-functions the list says exactly which access classes
 *	and which type of objects each message has; else those that one can have at most
 * @functions: functions, by code
 * @subs: sub-functions, of all functions
 * @objects: object types
 * @fields: fields
 * @field_words: words for their numbers
 * @texts: names that a rule can name
 * @exceptions: error codes
 */
struct otseg_protocol {
	const char *unit;
	u32 unit_max;
	u32 code_max;
	u32 sub_max;
	u32 value_max;
	const char *any_type;
	u32 any_type_max;
	u32 any_max;
	struct otseg_broadcast broadcasts[OTSEG_BROADCASTS];
	bool is_exact;
	struct otseg_word_list functions;
	struct otseg_word_list subs;
	struct otseg_word_list objects;
	struct otseg_word_list fields;
	struct otseg_word_list field_words;
	struct otseg_word_list texts;
	struct otseg_word_list exceptions;
};

#define OTSEG_CARRIER_CHOICES 3

/* OTSEG_ON_* that a rule can choose from; without a choice it has the first of its service's. */
extern const u8 otseg_carrier_choices[OTSEG_CARRIER_CHOICES];

const struct otseg_protocol *otseg_words_protocol(unsigned int service);
u16 otseg_words_known(unsigned int service, u32 carrier);
extern const struct otseg_word_list otseg_words_access;
extern const struct otseg_word_list otseg_words_arp;
extern const struct otseg_word_list otseg_words_carriers;

struct otseg_word_list otseg_words_icmp(unsigned int service);

const struct otseg_word *otseg_words_of(struct otseg_word_list list, u32 extra, u32 number);
const struct otseg_word *otseg_words_find(struct otseg_word_list list, const char *name);
const struct otseg_word *otseg_words_number(struct otseg_word_list list, u32 number);
int otseg_words_service(const char *name);

const char *otseg_words_suggest(struct otseg_source *source, const char *word,
				const char *const *names, size_t n);
const char *otseg_words_suggest_word(struct otseg_source *source, const char *word,
				     struct otseg_word_list list);

#endif /* OTSEG_POLICY_WORDS_H */
