#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""shape.py LAYOUT first|later: makes the one image of an OCI layout one as the first bundles were (its config the
Lamina manifest), or as bundles to come may be, with a layer of a type that nobody knows behind the others."""
import hashlib
import json
import pathlib
import sys

layout = pathlib.Path(sys.argv[1])


def put(data):
    digest = hashlib.sha256(data).hexdigest()
    (layout / "blobs/sha256" / digest).write_bytes(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


index = json.loads((layout / "index.json").read_text())
manifest = json.loads((layout / "blobs" / index["manifests"][0]["digest"].replace(":", "/")).read_text())
if sys.argv[2] == "first":
    manifest["config"] = manifest["layers"].pop(0)
else:
    manifest["layers"].append({"mediaType": "application/vnd.example.later.v7", "annotations": {"a": "b"},
                               **put(b"of another time")})
index["manifests"][0].update(put(json.dumps(manifest).encode()))
(layout / "index.json").write_text(json.dumps(index))
