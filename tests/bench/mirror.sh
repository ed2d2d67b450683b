# SPDX-License-Identifier: Apache-2.0
# Where the benchmarks' Debian comes from. To be sourced by bash.
# shellcheck shell=bash

# Prints "MIRROR CODENAME" of the first Debian source in the user's apt configuration.
# shellcheck disable=SC2016 # apt's own variables
source_line()
{
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Created-By: Packages' 'Component: main' 'Origin: Debian' | sed q
}
