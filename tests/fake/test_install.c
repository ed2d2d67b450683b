/* SPDX-License-Identifier: Apache-2.0 */
/* An image of three layers, of which the store has one. */
#include "fake/install-table.h"

static const struct table table = {
	.reused_layers = 1,
	.old_blobs = 2,
	.written = { "install", "install-first", "install-signatures" },
};

int main(void)
{
	const struct CMUnitTest tests[] = { INSTALL_TABLE };

	return cmocka_run_group_tests(tests, start, stop);
}
