/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "format/manifest.h"
#include "format/policy.h"

#ifdef CONFIG_LAMINA_UBI
#define LAST_WITH_A_VALUE ", serial= or ubi:"
#else
#define LAST_WITH_A_VALUE " or serial="
#endif

/* A UUID as blkid writes it, a vfat serial, or the DISKID-NN of an MBR partition. */
static bool uuid_valid(const char *value)
{
	size_t size = strlen(value);

	return size >= 4 && size <= 36 &&
	       strspn(value, "0123456789abcdefABCDEF-") == size;
}

static bool label_valid(const char *value)
{
	return *value != '\0';
}

static bool path_valid(const char *value)
{
	return manifest_path_valid(value) && strncmp(value, "/dev/", 5) == 0;
}

static const struct {
	const char prefix[12];
	bool (*valid)(const char *value);
	size_t skip; /* what of the prefix is not of the value */
} kinds[] = {
	[POLICY_SOURCE_PARTLABEL] = { "PARTLABEL=", label_valid, 10 },
	[POLICY_SOURCE_PARTUUID] = { "PARTUUID=", uuid_valid, 9 },
	[POLICY_SOURCE_LABEL] = { "LABEL=", label_valid, 6 },
	[POLICY_SOURCE_UUID] = { "UUID=", uuid_valid, 5 },
	[POLICY_SOURCE_SERIAL] = { "serial=", label_valid, 7 },
	[POLICY_SOURCE_PATH] = { "/dev/", path_valid, 0 },
#ifdef CONFIG_LAMINA_UBI
	[POLICY_SOURCE_UBI] = { "ubi:", label_valid, 4 },
#endif
};

int policy_source_parse(const char *text, enum policy_source *ret_kind,
			const char **ret_value, struct err *err)
{
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
			continue;
		if (!kinds[i].valid(text + kinds[i].skip))
			break;
		*ret_kind = i;
		*ret_value = text + kinds[i].skip;
		return 0;
	}
	return err_set(
		err, -EBADMSG,
		"`%.64s` must be PARTLABEL=, PARTUUID=, LABEL=, UUID=" LAST_WITH_A_VALUE
		" and a value, or a path in /dev",
		text);
}

#ifdef CONFIG_LAMINA_UBI
static bool is_ubi(const char *text)
{
	return strncmp(text, kinds[POLICY_SOURCE_UBI].prefix, 4) == 0;
}

int policy_source_check_ubi(const struct policy *policy, struct err *err)
{
	const char *const in_place[] = { policy->state, policy->encrypted,
					 policy->boot_loader_arg };
	const char *const mounted[][2] = { { policy->store, policy->store_type },
					   { policy->factory, policy->factory_type } };

	for (size_t i = 0; i < sizeof(in_place) / sizeof(in_place[0]); i++)
		if (is_ubi(in_place[i]))
			return err_set(err, -EBADMSG,
				       "`%s`: a UBI volume can't be written in place",
				       in_place[i]);
	for (size_t i = 0; i < sizeof(mounted) / sizeof(mounted[0]); i++)
		if (is_ubi(mounted[i][0]) && strcmp(mounted[i][1], "ubifs") != 0)
			return err_set(err, -EBADMSG,
				       "`%s` is mounted as ubifs, not as %s",
				       mounted[i][0], mounted[i][1]);
	return 0;
}
#endif
