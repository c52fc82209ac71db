// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signatures of policies. Owns the certificates, the switch that makes signatures
 * necessary, and the lowest revision that may follow. What a signature is, and
 * whether it is good, the kernel's own verifier says (CMS, as for modules); no
 * byte of a signature or of a certificate is looked at here.
 *
 * Each certificate has a keyring of its own, because the verifier does not say
 * which key of a keyring has convinced it. They are sealed before anything is
 * verified. All else that is written after init is written under the commit lock.
 */
#include <crypto/pkcs7.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/kernel_read_file.h>
#include <linux/key.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/verification.h>
#include <linux/vmalloc.h>

#include "../include/uapi/linux/otseg.h"
#include "policy.h"
#include "signature.h"

#ifndef CONFIG_SYSTEM_DATA_VERIFICATION
#error "otseg needs a kernel with CONFIG_SYSTEM_DATA_VERIFICATION, as Debian's have"
#endif

#define OTSEG_SIGNERS_MAX 8
#define OTSEG_CERTIFICATE_MAX 65536 /* bytes of a file */

/**
 * struct otseg_signer - a certificate whose key policies may be signed with
 * @keyring: holds it and nothing else
 * @name: subject and key id, as the kernel calls the key, in printable ASCII
 */
struct otseg_signer {
	struct key *keyring;
	char name[OTSEG_SIGNER_MAX + 1];
};

static struct otseg_signer signers[OTSEG_SIGNERS_MAX];
static u32 n_signers;
static bool is_up;

static char *certificates[OTSEG_SIGNERS_MAX];
static unsigned int n_certificates;
module_param_array(certificates, charp, &n_certificates, 0444);
MODULE_PARM_DESC(certificates,
		 "files, each an X.509 certificate (DER) of somebody who may sign policies");

static unsigned long long least_revision;
module_param(least_revision, ullong, 0444);
MODULE_PARM_DESC(least_revision, "lowest revision of a policy that is taken where it must be signed");

/* On and never off again: see otseg_policy_require_signed(). */
static int set_require_signed(const char *value, const struct kernel_param *kp)
{
	bool wanted = true;
	int err = value ? kstrtobool(value, &wanted) : 0;

	if (err)
		return err;
	if (!wanted)
		return otseg_signature_is_required() ? -EPERM : 0;
	return otseg_policy_require_signed();
}

static const struct kernel_param_ops require_signed_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = set_require_signed,
	.get = param_get_bool,
};

static bool require_signed;
module_param_cb(require_signed, &require_signed_ops, &require_signed, 0644);
__MODULE_PARM_TYPE(require_signed, "bool");
MODULE_PARM_DESC(require_signed,
		 "take signed policies only; can be set at any time, and not be unset");

/*
 * Order of policies. One that supersedes a revision comes right after it, and before
 * the next one.
 */
static u64 least_rank;

static u64 rank_of(const struct otseg_image *image)
{
	return image->supersedes ? image->supersedes << 1 | 1 : image->revision << 1;
}

/* Makes a keyring of one certificate to which nothing can be added. */
static struct key *__init keyring_of(const void *der, size_t len, struct otseg_signer *signer)
{
	struct key *keyring;
	key_ref_t key;
	char *c;
	int err;

	keyring = keyring_alloc(".otseg", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(),
				(KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW | KEY_USR_READ,
				KEY_ALLOC_NOT_IN_QUOTA | KEY_ALLOC_SET_KEEP, NULL, NULL);
	if (IS_ERR(keyring))
		return keyring;
	key = key_create_or_update(make_key_ref(keyring, true), "asymmetric", NULL, der, len,
				   (KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW,
				   KEY_ALLOC_NOT_IN_QUOTA);
	err = PTR_ERR_OR_ZERO(key);
	if (!err) {
		strscpy(signer->name, key_ref_to_ptr(key)->description, sizeof(signer->name));
		key_ref_put(key);
		/* Without a type: whatever is to be added is rejected. */
		err = keyring_restrict(make_key_ref(keyring, true), NULL, NULL);
	}
	if (err) {
		key_put(keyring);
		return ERR_PTR(err);
	}
	for (c = signer->name; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return keyring;
}

static void __init load_certificate(const char *path)
{
	struct otseg_signer *signer = &signers[n_signers];
	void *der = NULL;
	ssize_t len;

	len = kernel_read_file_from_path(path, 0, &der, OTSEG_CERTIFICATE_MAX, NULL,
					 READING_X509_CERTIFICATE);
	if (len < 0) {
		pr_err("certificate %s cannot be read: %zd\n", path, len);
		return;
	}
	signer->keyring = keyring_of(der, len, signer);
	vfree(der);
	if (IS_ERR(signer->keyring)) {
		pr_err("%s is no X.509 certificate in DER that the kernel can use: %ld\n", path,
		       PTR_ERR(signer->keyring));
		signer->keyring = NULL;
		return;
	}
	n_signers++;
	pr_info("policies may be signed by '%s'\n", signer->name);
}

/**
 * otseg_signature_init - load the certificates that the parameters name
 *
 * One that cannot be used is left out, and told: not to load the module would leave
 * interfaces open that it is to keep closed.
 *
 * Context: process, may sleep.
 */
void __init otseg_signature_init(void)
{
	unsigned int i;

	for (i = 0; i < n_certificates; i++)
		load_certificate(certificates[i]);
	least_rank = min_t(u64, least_revision, OTSEG_REVISION_MAX) << 1;
	is_up = true;
	if (require_signed && !n_signers)
		pr_err("signatures are required, and no certificate is loaded: no policy will be taken\n");
}

/**
 * otseg_signature_exit - forget the certificates
 *
 * Context: process, may sleep; no policy is left.
 */
void otseg_signature_exit(void)
{
	while (n_signers)
		key_put(signers[--n_signers].keyring);
}

/* Tells what is no signature at all from one that is not good. */
static int check_message(const void *signature, size_t len, struct netlink_ext_ack *extack)
{
	struct pkcs7_message *message = pkcs7_parse_message(signature, len);
	const void *content;
	size_t content_len, header_len;
	int err;

	if (IS_ERR(message)) {
		NL_SET_ERR_MSG(extack,
			       "the signature is not one that the kernel reads (CMS, PKCS#7, DER)");
		return PTR_ERR(message) == -ENOMEM ? -ENOMEM : -EKEYREJECTED;
	}
	err = pkcs7_get_content_data(message, &content, &content_len, &header_len);
	pkcs7_free_message(message);
	if (err == -ENODATA)
		return 0;
	NL_SET_ERR_MSG(extack, "the signature holds data of its own, expected a detached one");
	return -EKEYREJECTED;
}

static int tell_refusal(int err, struct netlink_ext_ack *extack)
{
	switch (err) {
	case -ENOMEM:
		NL_SET_ERR_MSG(extack, "no memory to verify the signature");
		return -ENOMEM;
	case -ENOKEY:
		NL_SET_ERR_MSG(extack, "signed with a key of which no certificate is loaded");
		return -ENOKEY;
	case -ENOPKG:
		NL_SET_ERR_MSG(extack, "signed by an algorithm that this kernel does not have");
		return -EKEYREJECTED;
	default:
		NL_SET_ERR_MSG(extack,
			       "the signature is not of this image: one of them has been changed");
		return -EKEYREJECTED;
	}
}

/**
 * otseg_signature_verify - find out who has signed a policy
 * @policy: the policy, verified and not active yet; told who it is on success
 * @signature: detached CMS signature of its image
 * @len: bytes of @signature
 * @extack: for the sentence on refusal
 *
 * Context: process, may sleep.
 * Return: 0; -ENOKEY if no certificate is loaded that it could be verified with,
 * -EKEYREJECTED if it is not good, -ENOMEM.
 */
int otseg_signature_verify(struct otseg_policy *policy, const void *signature, size_t len,
			   struct netlink_ext_ack *extack)
{
	const struct otseg_image *image = policy->image;
	int err, refusal = -ENOKEY;
	u32 i;

	if (!n_signers) {
		NL_SET_ERR_MSG(extack, "no certificate is loaded to verify a signature with");
		return -ENOKEY;
	}
	err = check_message(signature, len, extack);
	if (err)
		return err;
	for (i = 0; i < n_signers; i++) {
		err = verify_pkcs7_signature(image, image->size, signature, len,
					     signers[i].keyring, VERIFYING_UNSPECIFIED_SIGNATURE,
					     NULL, NULL);
		if (!err) {
			policy->signer = &signers[i];
			return 0;
		}
		if (err != -ENOKEY)
			refusal = err;
		cond_resched();
	}
	return tell_refusal(refusal, extack);
}

/**
 * otseg_signature_permit - whether a policy may become active
 * @policy: the policy, and who has signed it
 * @extack: for the sentence on refusal
 *
 * Context: process; the answer stays right only under the commit lock.
 * Return: 0, -EKEYREJECTED if it would have to be signed, or of a higher revision.
 */
int otseg_signature_permit(const struct otseg_policy *policy, struct netlink_ext_ack *extack)
{
	if (!otseg_signature_is_required())
		return 0;
	if (!policy->signer) {
		NL_SET_ERR_MSG(extack, "the policy is not signed, and only signed ones are taken");
		return -EKEYREJECTED;
	}
	if (rank_of(policy->image) < READ_ONCE(least_rank)) {
		NL_SET_ERR_MSG_FMT(extack, "revision %llu: the lowest that is taken is %llu",
				   policy->image->revision, otseg_signature_least_revision());
		return -EKEYREJECTED;
	}
	return 0;
}

/**
 * otseg_signature_settle - a policy is there to stay: none that is older may follow
 * @policy: the policy; one that nobody has signed says nothing
 *
 * Context: commit lock held.
 */
void otseg_signature_settle(const struct otseg_policy *policy)
{
	if (policy->signer)
		WRITE_ONCE(least_rank, max(least_rank, rank_of(policy->image)));
}

/**
 * otseg_signature_require - take signed policies only
 *
 * Context: commit lock held, or the module is about to start.
 * Return: 0, -ENOKEY if no policy could ever follow.
 */
int otseg_signature_require(void)
{
	if (is_up && !n_signers)
		return -ENOKEY;
	if (is_up && !require_signed)
		pr_info("only signed policies are taken from now on\n");
	WRITE_ONCE(require_signed, true);
	return 0;
}

/**
 * otseg_signature_is_required - whether signed policies only are taken
 *
 * Return: whether they are; it stays so.
 */
bool otseg_signature_is_required(void)
{
	return READ_ONCE(require_signed);
}

/**
 * otseg_signature_certificates - how many certificates are loaded
 *
 * Return: their number.
 */
u32 otseg_signature_certificates(void)
{
	return n_signers;
}

/**
 * otseg_signature_least_revision - lowest revision that may follow
 *
 * A policy that supersedes the one before it may, too.
 *
 * Return: the revision.
 */
u64 otseg_signature_least_revision(void)
{
	return (READ_ONCE(least_rank) + 1) >> 1;
}

/**
 * otseg_signature_by - who has signed a policy
 * @policy: the policy
 *
 * Return: subject and key id of the certificate, empty: nobody.
 */
const char *otseg_signature_by(const struct otseg_policy *policy)
{
	return policy->signer ? policy->signer->name : "";
}
