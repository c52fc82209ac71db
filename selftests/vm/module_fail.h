/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before every file of the module by module_memory.sh: each call of the module that
 * may find no memory asks module_fail.c first.
 */
#ifndef OTSEG_MODULE_FAIL_H
#define OTSEG_MODULE_FAIL_H

#include <crypto/pkcs7.h>
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/kernel_read_file.h>
#include <linux/key.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/verification.h>
#include <linux/vmalloc.h>
#include <net/genetlink.h>

bool otseg_fails(void);

/* What is a macro already is wrapped before its name is taken. */
static inline void *fail_kzalloc(size_t size, gfp_t flags)
{
	return otseg_fails() ? NULL : kzalloc(size, flags);
}

static inline void *fail_kcalloc(size_t n, size_t size, gfp_t flags)
{
	return otseg_fails() ? NULL : kcalloc(n, size, flags);
}

static inline void *fail_kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return otseg_fails() ? NULL : kvcalloc(n, size, flags);
}

static inline void *fail_kmemdup(const void *from, size_t len, gfp_t flags)
{
	return otseg_fails() ? NULL : kmemdup(from, len, flags);
}

static inline struct page *fail_alloc_page(gfp_t flags)
{
	return otseg_fails() ? NULL : alloc_page(flags);
}

static inline struct page *fail_alloc_pages_node(int node, gfp_t flags, unsigned int order)
{
	return otseg_fails() ? NULL : alloc_pages_node(node, flags, order);
}

static inline void __percpu *fail_alloc_percpu(size_t size, size_t align)
{
	return otseg_fails() ? NULL : __alloc_percpu(size, align);
}

#undef kzalloc
#undef kcalloc
#undef kvcalloc
#undef kmemdup
#undef alloc_page
#undef alloc_pages_node
#undef alloc_percpu
#define kzalloc fail_kzalloc
#define kcalloc fail_kcalloc
#define kvcalloc fail_kvcalloc
#define kmemdup fail_kmemdup
#define alloc_page fail_alloc_page
#define alloc_pages_node fail_alloc_pages_node
#define alloc_percpu(type) \
	((typeof(type) __percpu *)fail_alloc_percpu(sizeof(type), __alignof__(type)))

#define FAIL_POINTER(function, ...) (otseg_fails() ? NULL : (function)(__VA_ARGS__))
#define FAIL_ERR_PTR(function, ...) \
	(otseg_fails() ? ERR_PTR(-ENOMEM) : (void *)(function)(__VA_ARGS__))
#define FAIL_ERROR(function, ...) (otseg_fails() ? -ENOMEM : (function)(__VA_ARGS__))

#define vmap(...) FAIL_POINTER(vmap, __VA_ARGS__)
#define genlmsg_new(...) FAIL_POINTER(genlmsg_new, __VA_ARGS__)
#define kobject_create_and_add(...) FAIL_POINTER(kobject_create_and_add, __VA_ARGS__)
#define keyring_alloc(...) FAIL_ERR_PTR(keyring_alloc, __VA_ARGS__)
#define key_create_or_update(...) FAIL_ERR_PTR(key_create_or_update, __VA_ARGS__)
#define pkcs7_parse_message(...) FAIL_ERR_PTR(pkcs7_parse_message, __VA_ARGS__)
#define verify_pkcs7_signature(...) FAIL_ERROR(verify_pkcs7_signature, __VA_ARGS__)
#define kernel_read_file_from_path(...) FAIL_ERROR(kernel_read_file_from_path, __VA_ARGS__)
#define nf_register_net_hook(...) FAIL_ERROR(nf_register_net_hook, __VA_ARGS__)
#define register_netdevice_notifier(...) FAIL_ERROR(register_netdevice_notifier, __VA_ARGS__)
#define netlink_register_notifier(...) FAIL_ERROR(netlink_register_notifier, __VA_ARGS__)
#define genl_register_family(...) FAIL_ERROR(genl_register_family, __VA_ARGS__)
/* Even so it has to be initialised, for it is put. */
#define kobject_init_and_add(kobj, type, ...)                  \
	(otseg_fails() ? (kobject_init(kobj, type), -ENOMEM) : \
			 (kobject_init_and_add)(kobj, type, __VA_ARGS__))

#endif
