/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/source/oci.h"

#include <errno.h>
#include <string.h>

int oci_platform_parse(const char *text, char buf[64], struct oci_platform *ret_platform,
		       struct err *err)
{
	char *arch, *variant;

	*ret_platform = (struct oci_platform){ .os = NULL };
	if (strlen(text) >= 64)
		return err_set(err, -EINVAL, "platform '%.64s' is not OS/ARCH[/VARIANT]",
			       text);
	(void)stpcpy(buf, text);
	arch = strchr(buf, '/');
	variant = arch ? strchr(arch + 1, '/') : NULL;
	if (arch)
		*arch++ = '\0';
	if (variant)
		*variant++ = '\0';
	if (!*buf || !arch || !*arch || (variant && (!*variant || strchr(variant, '/'))))
		return err_set(err, -EINVAL, "platform '%s' is not OS/ARCH[/VARIANT]",
			       text);
	*ret_platform =
		(struct oci_platform){ .os = buf, .arch = arch, .variant = variant };
	return 0;
}

/* arm64 has one variant, with two spellings. */
static const char *plain_variant(const struct oci_platform *p)
{
	if (p->variant && p->arch && strcmp(p->arch, "arm64") == 0 &&
	    strcmp(p->variant, "v8") == 0)
		return NULL;
	return p->variant && *p->variant ? p->variant : NULL;
}

static bool differ(const char *asked, const char *have)
{
	return asked && have && *have && strcmp(asked, have) != 0;
}

bool oci_platform_fits(const struct oci_platform *asked, const struct oci_platform *have)
{
	const char *variant = plain_variant(asked), *other = plain_variant(have);

	if (differ(asked->os, have->os) || differ(asked->arch, have->arch))
		return false;
	/* linux/arm takes any of them; linux/arm/v7 that one, or an image that doesn't
	 * say */
	return !differ(variant, other);
}
