// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signatures of policies, by libcrypto: detached CMS (RFC 5652) over the whole
 * image, SHA-256, no signed attributes, no certificates. That is what the kernel's
 * scripts/sign-file makes for modules, and what its verifier expects.
 *
 * What is told here of a signer are the words of the kernel, so that they can be
 * compared: x509_fabricate_name() and x509_key_preparse().
 */
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "linux/otseg.h"
#include "sign.h"
#include "source.h"

#define NAME_BYTES 256

/* A file of one thing; -EPROTO where it is another one. */
static BIO *file_open(const char *path, int *err)
{
	BIO *bio;

	errno = 0;
	bio = BIO_new_file(path, "rb");
	*err = bio ? 0 : errno ? -errno : -EIO;
	if (!bio)
		otseg_error_print("%s: %s", path, strerror(-*err));
	return bio;
}

static int key_read(const char *path, EVP_PKEY **key)
{
	BIO *bio;
	int err;

	bio = file_open(path, &err);
	if (!bio)
		return err;
	*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (*key)
		return 0;
	otseg_error_print("%s: not a private key in PEM, or not with this passphrase", path);
	return -EPROTO;
}

static int certificate_read(const char *path, X509 **certificate)
{
	BIO *bio;
	int err;

	bio = file_open(path, &err);
	if (!bio)
		return err;
	*certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!*certificate && !BIO_seek(bio, 0))
		*certificate = d2i_X509_bio(bio, NULL);
	BIO_free(bio);
	if (*certificate)
		return 0;
	otseg_error_print("%s: not an X.509 certificate in PEM or DER", path);
	return -EPROTO;
}

/* Others the kernel has no use for. */
static int key_check(const char *path, const EVP_PKEY *key)
{
	int bits = key ? EVP_PKEY_get_bits(key) : 0;
	char group[32] = "";

	if (EVP_PKEY_is_a(key, "RSA") && (bits == 2048 || bits == 3072 || bits == 4096))
		return 0;
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	    (!strcmp(group, "prime256v1") || !strcmp(group, "secp384r1")))
		return 0;
	otseg_error_print("%s: expected a key that the kernel verifies: RSA of 2048, 3072 or 4096 "
			  "bits, or EC on P-256 or P-384",
			  path);
	return -EPROTO;
}

static void name_part(const X509 *certificate, int nid, char text[NAME_BYTES])
{
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), nid, text, NAME_BYTES) <
	    0)
		*text = '\0';
}

/* Subject and key id, as the kernel calls the key. */
static char *signer_name(const X509 *certificate)
{
	char common[NAME_BYTES], organization[NAME_BYTES];
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id((X509 *)certificate);
	const ASN1_STRING *bytes = id ? id : X509_get0_serialNumber(certificate);
	const unsigned char *data = ASN1_STRING_get0_data(bytes);
	int n = ASN1_STRING_length(bytes), i;
	char *hex = calloc(2, (size_t)n + 1), *name = NULL, *c;
	bool both;

	name_part(certificate, NID_commonName, common);
	name_part(certificate, NID_organizationName, organization);
	both = *common && *organization &&
	       strncmp(common, organization, strlen(organization)) != 0;
	for (i = 0; hex && i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", data[i]);
	if (!hex || asprintf(&name, "%s%s%s: %s", both || !*common ? organization : "",
			     both ? ": " : "", common, hex) < 0)
		name = NULL;
	free(hex);
	for (c = name; c && *c; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
	return name;
}

static void expiry_warn(const char *path, const X509 *certificate)
{
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		otseg_error_print("warning: %s has expired; the module does not look at that",
				  path);
}

static int cms_make(BIO *data, X509 *certificate, EVP_PKEY *key, struct otseg_blob *signature)
{
	const unsigned int how = CMS_NOCERTS | CMS_BINARY;
	unsigned char *der = NULL;
	CMS_ContentInfo *cms;
	int len = -1;

	cms = CMS_sign(NULL, NULL, NULL, NULL, how | CMS_PARTIAL | CMS_DETACHED | CMS_STREAM);
	if (cms &&
	    CMS_add1_signer(cms, certificate, key, EVP_sha256(),
			    how | CMS_NOSMIMECAP | CMS_NOATTR) &&
	    CMS_final(cms, data, NULL, how))
		len = i2d_CMS_ContentInfo(cms, &der);
	CMS_ContentInfo_free(cms);
	if (len <= 0) {
		otseg_error_print("cannot sign: %s",
				  ERR_reason_error_string(ERR_peek_last_error()) ?: "libcrypto");
		return -EIO;
	}
	/* Of libcrypto's own allocator until here. */
	signature->data = malloc((size_t)len);
	if (signature->data)
		memcpy(signature->data, der, (size_t)len);
	signature->len = (size_t)len;
	OPENSSL_free(der);
	return signature->data ? 0 : -ENOMEM;
}

/**
 * otseg_sign_make - sign a policy
 * @image: its image
 * @key: file of the private key, PEM
 * @certificate: file of its certificate, PEM or DER
 * @signature: takes the signature; otseg_blob_free() it
 * @signer: takes who has signed, to be freed
 *
 * Return: 0, -EPROTO if key or certificate will not do, or another negative errno; told.
 */
int otseg_sign_make(const struct otseg_blob *image, const char *key, const char *certificate,
		    struct otseg_blob *signature, char **signer)
{
	EVP_PKEY *private = NULL;
	X509 *x509 = NULL;
	BIO *data = NULL;
	int err;

	err = key_read(key, &private);
	if (!err)
		err = certificate_read(certificate, &x509);
	if (!err)
		err = key_check(key, private);
	if (!err && !X509_check_private_key(x509, private)) {
		otseg_error_print("%s is not the key of %s", key, certificate);
		err = -EPROTO;
	}
	if (!err) {
		expiry_warn(certificate, x509);
		data = BIO_new_mem_buf(image->data, (int)image->len);
		err = data ? cms_make(data, x509, private, signature) : -ENOMEM;
	}
	if (!err)
		*signer = signer_name(x509);
	BIO_free(data);
	X509_free(x509);
	EVP_PKEY_free(private);
	return err;
}

/**
 * otseg_sign_read - read a signature
 * @path: its file
 * @signature: takes it; otseg_blob_free() it
 *
 * Return: 0, -EPROTO if it cannot be one, or another negative errno; told.
 */
int otseg_sign_read(const char *path, struct otseg_blob *signature)
{
	int err = otseg_source_read(path, signature, OTSEG_SIGNATURE_MAX);

	if (!err && !signature->len) {
		otseg_blob_free(signature);
		otseg_error_print("%s: the signature is empty", path);
		return -EPROTO;
	}
	if (err == -EFBIG) {
		otseg_error_print("%s: not a signature: longer than %u bytes", path,
				  OTSEG_SIGNATURE_MAX);
		return -EPROTO;
	}
	if (err)
		otseg_error_print("%s: %s", path, strerror(-err));
	return err;
}

/* The kernel takes some of them, and not those that openssl makes unless told otherwise. */
static bool has_attributes(CMS_ContentInfo *cms)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	int i;

	for (i = 0; i < sk_CMS_SignerInfo_num(infos); i++) {
		if (CMS_signed_get_attr_count(sk_CMS_SignerInfo_value(infos, i)) > 0)
			return true;
	}
	return false;
}

static CMS_ContentInfo *cms_read(const struct otseg_blob *signature)
{
	const unsigned char *at = signature->data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)signature->len);

	if (!cms || at != (const unsigned char *)signature->data + signature->len ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		otseg_error_print("the signature is none (CMS, PKCS#7, DER)");
	} else if (CMS_is_detached(cms) != 1) {
		otseg_error_print("the signature holds data of its own, expected a detached one");
	} else if (has_attributes(cms)) {
		otseg_error_print("the signature has signed attributes, expected none (openssl cms "
				  "-noattr)");
	} else {
		return cms;
	}
	CMS_ContentInfo_free(cms);
	return NULL;
}

static int cms_check(CMS_ContentInfo *cms, BIO *data, X509 *x509, const char *certificate)
{
	STACK_OF(X509) *only = sk_X509_new_null();
	bool good;

	ERR_clear_error();
	good = only && sk_X509_push(only, x509) &&
	       CMS_verify(cms, only, NULL, data, NULL,
			  CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY);
	sk_X509_free(only);
	if (good)
		return 0;
	if (ERR_GET_REASON(ERR_peek_error()) == CMS_R_SIGNER_CERTIFICATE_NOT_FOUND)
		otseg_error_print("signed with another key than that of %s", certificate);
	else
		otseg_error_print("the signature is not of this image: one of them has been changed");
	return -EPROTO;
}

/**
 * otseg_sign_check - verify a signature as the module would
 * @image: the image
 * @signature: its signature
 * @certificate: file of the only certificate that it may be by
 * @signer: takes who has signed, to be freed
 *
 * Return: 0, -EPROTO if it is not good, or another negative errno; told.
 */
int otseg_sign_check(const struct otseg_blob *image, const struct otseg_blob *signature,
		     const char *certificate, char **signer)
{
	CMS_ContentInfo *cms = NULL;
	X509 *x509 = NULL;
	BIO *data = NULL;
	int err;

	err = certificate_read(certificate, &x509);
	if (!err)
		err = key_check(certificate, X509_get0_pubkey(x509));
	if (!err) {
		expiry_warn(certificate, x509);
		cms = cms_read(signature);
		err = cms ? 0 : -EPROTO;
	}
	if (!err) {
		data = BIO_new_mem_buf(image->data, (int)image->len);
		err = data ? cms_check(cms, data, x509, certificate) : -ENOMEM;
	}
	if (!err)
		*signer = signer_name(x509);
	BIO_free(data);
	CMS_ContentInfo_free(cms);
	X509_free(x509);
	return err;
}
