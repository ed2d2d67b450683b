#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes container images of every shape, good and bad, for the tests of the tool.

layout.py oci DIR [FAULT]       an OCI layout with tag v1, of two layers
layout.py many DIR              two tags, and an index of three platforms inside the index
layout.py levels DIR            an image of three levels of one processor
layout.py exposed DIR JSON      one image with this for its ExposedPorts
layout.py docker FILE [FAULT]   what `docker save` of an older engine writes, links and all
layout.py docker-new FILE       the same of a newer one: blobs/sha256/...
layout.py docker-two FILE       two images in one archive
A FAULT spoils one thing; the functions below named fault_* are all there are.
"""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile


def sha(data):
    return hashlib.sha256(data).hexdigest()


def layer(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = 0o755, 1000
            if content is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


LOWER = layer([("bin", None), ("bin/sh", b"shell" * 1000), ("etc", None), ("etc/old", b"old")])
UPPER = layer([("etc/.wh.old", b""), ("etc/new", b"new")])
RUN = {"Entrypoint": ["/bin/sh"], "Cmd": ["-c", "true"], "Env": ["PATH=/bin", "A=b c"],
       "User": "1000:1000", "WorkingDir": "/srv", "StopSignal": "SIGINT",
       "Volumes": {"/var/b": {}, "/var/a": {}}, "Labels": {"z": "1", "a": "2"}}
OCI = "application/vnd.oci.image."


def config(diffs, arch="amd64", os_="linux", **more):
    return {"architecture": arch, "os": os_, "config": dict(RUN, **more),
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(d) for d in diffs]}}


class Layout:
    def __init__(self, path):
        self.path = path
        os.makedirs(path + "/blobs/sha256")
        self.index = {"schemaVersion": 2, "manifests": []}

    def blob(self, data, kind):
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
        with open(f"{self.path}/blobs/sha256/{sha(data)}", "wb") as out:
            out.write(data)
        return {"mediaType": kind, "digest": "sha256:" + sha(data), "size": len(data)}

    def image(self, arch="amd64", variant=None, note=""):
        layers = [self.blob(gzip.compress(LOWER, mtime=0), OCI + "layer.v1.tar+gzip"),
                  self.blob(UPPER, OCI + "layer.v1.tar")]
        conf = config([LOWER, UPPER], arch)
        if variant:
            conf["variant"] = variant
        if note:
            conf["config"]["Labels"]["note"] = note
        return {"schemaVersion": 2, "config": self.blob(conf, OCI + "config.v1+json"),
                "layers": layers}

    def manifest(self, manifest, ref=None, platform=None):
        d = self.blob(manifest, OCI + "manifest.v1+json")
        if ref:
            d["annotations"] = {"org.opencontainers.image.ref.name": ref}
        if platform:
            d["platform"] = platform
        return d

    def close(self):
        with open(self.path + "/oci-layout", "w") as out:
            json.dump({"imageLayoutVersion": "1.0.0"}, out)
        with open(self.path + "/index.json", "w") as out:
            json.dump(self.index, out)


def edit_config(lay, image, change):
    path = f"{lay.path}/blobs/sha256/{image['config']['digest'][7:]}"
    with open(path) as f:
        conf = json.load(f)
    change(conf)
    image["config"] = lay.blob(conf, OCI + "config.v1+json")


def blob_path(lay, descriptor):
    return f"{lay.path}/blobs/sha256/{descriptor['digest'][7:]}"


def spoil(path, at=-1):
    with open(path, "r+b") as f:
        data = bytearray(f.read())
        data[at] ^= 1
        f.seek(0)
        f.write(data)


# Each gets the layout and the image manifest before it is written. What it returns is called
# after everything is written.
def fault_layer_missing(lay, m):
    os.unlink(blob_path(lay, m["layers"][1]))


def fault_layer_foreign(lay, m):
    os.unlink(blob_path(lay, m["layers"][1]))
    m["layers"][1]["mediaType"] = OCI + "layer.nondistributable.v1.tar"


def fault_layer_foreign_but_here(lay, m):
    m["layers"][1]["mediaType"] = OCI + "layer.nondistributable.v1.tar"


def fault_layer_flipped(lay, m):
    spoil(blob_path(lay, m["layers"][1]), 600)


def fault_layer_short(lay, m):
    path = blob_path(lay, m["layers"][1])
    os.truncate(path, os.path.getsize(path) - 512)


def fault_layer_size_lies(lay, m):
    m["layers"][0]["size"] += 1


def fault_layer_size_negative(lay, m):
    m["layers"][0]["size"] = -1


def fault_layer_type_unknown(lay, m):
    m["layers"][0]["mediaType"] = "application/x-something"


def fault_layer_encrypted(lay, m):
    m["layers"][0]["mediaType"] += "+encrypted"


def fault_layer_digest_path(lay, m):
    m["layers"][0]["digest"] = "sha256:../../../../etc/passwd"


def fault_layer_digest_upper(lay, m):
    m["layers"][0]["digest"] = "sha256:" + m["layers"][0]["digest"][7:].upper()


def fault_layer_digest_sha512(lay, m):
    m["layers"][0]["digest"] = "sha512:" + "0" * 128


def fault_layer_no_object(lay, m):
    m["layers"][0] = "layer"


def fault_layers_no_list(lay, m):
    m["layers"] = {"0": 1}


def fault_layer_link_out(lay, m):
    path = blob_path(lay, m["layers"][1])
    os.unlink(path)
    os.symlink("/etc/hostname", path)


def fault_layer_fifo(lay, m):
    path = blob_path(lay, m["layers"][1])
    os.unlink(path)
    os.mkfifo(path)


def fault_diff_id_lies(lay, m):
    edit_config(lay, m, lambda c: c["rootfs"]["diff_ids"].__setitem__(0, "sha256:" + "0" * 64))


def fault_diff_id_missing(lay, m):
    edit_config(lay, m, lambda c: c["rootfs"]["diff_ids"].pop())


def fault_config_flipped(lay, m):
    path = blob_path(lay, m["config"])
    return lambda: spoil(path)


def fault_config_windows(lay, m):
    edit_config(lay, m, lambda c: c.__setitem__("os", "windows"))


def fault_config_env_no_list(lay, m):
    edit_config(lay, m, lambda c: c["config"].__setitem__("Env", "A=b"))


def fault_config_label_number(lay, m):
    edit_config(lay, m, lambda c: c["config"]["Labels"].__setitem__("n", 1))


def fault_config_no_rootfs(lay, m):
    edit_config(lay, m, lambda c: c.pop("rootfs"))


def fault_config_chart(lay, m):
    m["config"] = lay.blob({"name": "chart"}, "application/vnd.cncf.helm.config.v1+json")


def fault_config_artifact(lay, m):
    m["artifactType"] = "application/vnd.example+type"
    m["config"] = lay.blob({}, "application/vnd.oci.empty.v1+json")


def fault_config_no_json(lay, m):
    m["config"] = lay.blob(b"\x00\xff not json", OCI + "config.v1+json")


def fault_config_twice(lay, m):
    m["config"] = lay.blob(b'{"os": "linux", "os": "windows"}', OCI + "config.v1+json")


def fault_config_deep(lay, m):
    m["config"] = lay.blob(b"[" * 100000 + b"]" * 100000, OCI + "config.v1+json")


def fault_config_huge(lay, m):
    m["config"] = lay.blob(b" " * (5 << 20) + b"{}", OCI + "config.v1+json")


def fault_manifest_flipped(lay, m):
    return lambda: spoil(blob_path(lay, lay.index["manifests"][0]), 0)


def fault_index_no_json(lay, m):
    return lambda: os.truncate(lay.path + "/index.json", 20)


def fault_index_no_object(lay, m):
    def write():
        with open(lay.path + "/index.json", "w") as out:
            out.write("[1, 2]")
    return write


def fault_index_huge(lay, m):
    def write():
        with open(lay.path + "/index.json", "a") as out:
            out.write(" " * (5 << 20))
    return write


def fault_index_empty(lay, m):
    lay.index["manifests"] = None
    return None


def fault_index_loop(lay, m):
    """An index can't hold its own digest; a long chain of them is what can be made."""
    d = lay.index["manifests"][0]
    for i in range(50):
        d = lay.blob({"schemaVersion": 2, "manifests": [d], "n": i}, OCI + "index.v1+json")
    lay.index["manifests"] = [d]


def fault_index_many(lay, m):
    lay.index["manifests"] = [
        {"mediaType": OCI + "manifest.v1+json", "digest": "sha256:%064x" % i, "size": 1}
        for i in range(3000)]


FAULTS = {name[6:].replace("_", "-"): f for name, f in globals().items()
          if name.startswith("fault_")}


def make_oci(path, fault=None):
    lay = Layout(path)
    image = lay.image()
    after = None
    if fault and not fault.startswith(("index", "manifest")):
        after = FAULTS[fault](lay, image)
    lay.index["manifests"].append(lay.manifest(image, "v1"))
    if fault and fault.startswith(("index", "manifest")):
        after = FAULTS[fault](lay, image)
    lay.close()
    if after:
        after()


def make_exposed(path, ports):
    lay = Layout(path)
    image = lay.image()
    edit_config(lay, image, lambda c: c["config"].update(ExposedPorts=json.loads(ports)))
    lay.index["manifests"].append(lay.manifest(image, "v1"))
    lay.close()


def make_many(path):
    lay = Layout(path)
    lay.index["manifests"].append(lay.manifest(lay.image(note="one"), "one"))
    nested = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [
        lay.manifest(lay.image("amd64", note="m"), None, {"os": "linux", "architecture": "amd64"}),
        lay.manifest(lay.image("arm", "v6"), None,
                     {"os": "linux", "architecture": "arm", "variant": "v6"}),
        lay.manifest(lay.image("arm", "v7"), None,
                     {"os": "linux", "architecture": "arm", "variant": "v7"}),
        lay.manifest(lay.image("arm64", "v8"), None,
                     {"os": "linux", "architecture": "arm64", "variant": "v8"})]}
    about = lay.manifest({"schemaVersion": 2, "about": "an image"}, None,
                         {"os": "unknown", "architecture": "unknown"})
    about["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    nested["manifests"].append(about)
    d = lay.blob(nested, OCI + "index.v1+json")
    d["annotations"] = {"org.opencontainers.image.ref.name": "multi"}
    lay.index["manifests"].append(d)
    lay.close()


def make_levels(path):
    lay = Layout(path)
    for level in ("v3", None, "v2"):
        image = lay.image(variant=level)
        edit_config(lay, image, lambda c: c["config"]["Labels"].update({"org.lamina.version": level or "plain"}))
        platform = {"os": "linux", "architecture": "amd64", **({"variant": level} if level else {})}
        lay.index["manifests"].append(lay.manifest(image, None, platform))
    lay.close()


def add(tar, name, data=b"", link=None):
    info = tarfile.TarInfo(name)
    if link:
        info.type, info.linkname = tarfile.SYMTYPE, link
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def docker_image(tar, tags, layers, arch="amd64", link=None):
    conf = json.dumps(config(layers, arch)).encode()
    names = []
    add(tar, sha(conf) + ".json", conf)
    for data in layers:
        name = sha(data)[::-1]
        if f"{name}/layer.tar" not in tar.getnames():
            if link is not None and data == layers[-1]:
                add(tar, f"{name}/real.tar", data)
                add(tar, f"{name}/layer.tar", link=link.replace("NAME", name))
            else:
                add(tar, f"{name}/layer.tar", data)
        names.append(f"{name}/layer.tar")
    return {"Config": sha(conf) + ".json", "RepoTags": tags, "Layers": names}


def make_docker(path, fault=None):
    links = {"link-out": "../../../etc/hostname", "link-loop": "layer.tar",
             "link-nowhere": "missing.tar"}
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        image = docker_image(tar, ["team/app:1.2"], [LOWER, UPPER],
                             link=links.get(fault, "../NAME/real.tar"))
        if fault == "layer-outside":
            image["Layers"][1] = "../../../../../../etc/hostname"
        if fault == "layer-missing":
            image["Layers"][1] = "nothing/layer.tar"
        if fault == "layer-directory":
            info = tarfile.TarInfo("dir/layer.tar")
            info.type = tarfile.DIRTYPE
            tar.addfile(info)
            image["Layers"][1] = "dir/layer.tar"
        if fault == "layers-fewer":
            image["Layers"].pop()
        if fault == "config-number":
            image["Config"] = 7
        if fault == "config-other":
            add(tar, "0" * 64 + ".json", b"{}")
            image["Config"] = "0" * 64 + ".json"
        manifest = {"no-list": {"a": 1}, "empty": []}.get(fault, [image])
        if fault == "old":
            add(tar, "repositories", b"{}")
        elif fault != "no-manifest":
            add(tar, "manifest.json", json.dumps(manifest).encode())
    if fault == "truncated":
        os.truncate(path, os.path.getsize(path) * 2 // 3)


def make_docker_new(path):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        conf = json.dumps(config([LOWER, UPPER])).encode()
        names = []
        for data in (conf, LOWER, UPPER):
            add(tar, "blobs/sha256/" + sha(data), data)
            names.append("blobs/sha256/" + sha(data))
        image = {"Config": names[0], "RepoTags": ["team/app:1.2"], "Layers": names[1:],
                 "LayerSources": {}}
        add(tar, "manifest.json", json.dumps([image]).encode())


def make_docker_two(path):
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        images = [docker_image(tar, ["app:1", "app:latest"], [LOWER]),
                  docker_image(tar, ["docker.io/library/other:2"], [LOWER, UPPER]),
                  docker_image(tar, None, [UPPER])]
        add(tar, "manifest.json", json.dumps(images).encode())


if __name__ == "__main__":
    if sys.argv[1] == "faults":
        print("\n".join(FAULTS))
    else:
        globals()["make_" + sys.argv[1].replace("-", "_")](*sys.argv[2:])
