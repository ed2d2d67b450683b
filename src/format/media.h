/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The media types of a Lamina image that travels as an OCI image: lamina-bundle(5).
 */
#define MEDIA_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define MEDIA_MANIFEST "application/vnd.lamina.manifest.v1"
#define MEDIA_DELTA "application/vnd.lamina.delta.v1.rdiff"
#define MEDIA_BOOT "application/vnd.lamina.boot.v1"
#define MEDIA_CHANNEL "application/vnd.lamina.channel.v1"
#define MEDIA_LAYER "application/vnd.lamina.layer.v1.squashfs"
