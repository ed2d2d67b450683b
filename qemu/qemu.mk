# SPDX-License-Identifier: Apache-2.0
# Boots: the demo, the stories and the benchmark. Included by the Makefile.
