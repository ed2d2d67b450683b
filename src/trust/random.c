/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <psa/crypto.h>
#include <sys/random.h>

/*
 * PSA's randomness is the kernel's. Making a key asks for it, and RSA's arithmetic with a
 * secret; verifying does not, so that a device without entropy boots.
 */
psa_status_t
mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
				uint8_t *output, size_t output_size,
				size_t *output_length)
{
	size_t used = 0;

	(void)context;
	while (used < output_size) {
		ssize_t n = getrandom(output + used, output_size - used, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PSA_ERROR_INSUFFICIENT_ENTROPY;
		used += (size_t)n;
	}
	*output_length = output_size;
	return PSA_SUCCESS;
}
