"""sbom.py PUBLISHED VERSION ARCHITECTURE SOURCES SBOM COPYRIGHT: what is in the package: NuGet packages as the lock file has them, native
libraries, models. SBOM is CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/), COPYRIGHT Debian's copyright file from the same list."""
import base64
import hashlib
import json
import os
import pathlib
import re
import sys
import time
import uuid

published, version, architecture, sources, sbom, copyright = sys.argv[1:]
published, sources = pathlib.Path(published), pathlib.Path(sources)
rid = {"amd64": "linux-x64", "arm64": "linux-arm64"}[architecture]
cache = pathlib.Path(os.environ.get("NUGET_PACKAGES", pathlib.Path.home() / ".nuget/packages"))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def nuspec(name, number):
    """Licence and copyright as the package states them."""
    file = cache / name.lower() / number / f"{name.lower()}.nuspec"
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    licence = re.search(r'<license type="expression">([^<]+)<', text)
    holder = re.search(r"<copyright>([^<]+)<", text) or re.search(r"<authors>([^<]+)<", text)
    address = re.search(r"<licenseUrl>([^<]+)<", text)
    return licence and licence[1], holder and holder[1].strip(), address and address[1]


def licences(expression, address):
    if expression:
        return [{"license": {"id": expression}}] if re.fullmatch(r"[A-Za-z0-9.-]+", expression) else [{"expression": expression}]
    return [{"license": {"name": "as stated at the address", "url": address}}] if address else []


def packages():
    lock = json.loads((sources / "Edge.Agent/packages.lock.json").read_text(encoding="utf-8"))["dependencies"]
    deps = published / "edge-agent.deps.json"
    shipped = {key.lower() for key in json.loads(deps.read_text())["libraries"]} if deps.exists() else None
    found = {}
    for target in ("net10.0", f"net10.0/{rid}"):
        for name, entry in lock.get(target, {}).items():
            if entry["type"] == "Project" or "Analyzers" in name:
                continue
            found[name] = entry
    for name, entry in sorted(found.items(), key=lambda item: item[0].lower()):
        number = entry["resolved"]
        if shipped is not None and f"{name}/{number}".lower() not in shipped:
            continue
        expression, holder, address = nuspec(name, number)
        yield {"type": "library", "bom-ref": f"pkg:nuget/{name}@{number}", "name": name, "version": number, "purl": f"pkg:nuget/{name}@{number}",
               **({"copyright": holder} if holder else {}),
               "hashes": [{"alg": "SHA-512", "content": base64.b64decode(entry["contentHash"]).hex()}],
               "licenses": licences(expression, address)}
    for key in sorted(json.loads(deps.read_text())["libraries"]) if deps.exists() else []:
        if key.startswith("runtimepack."):
            name, number = key.removeprefix("runtimepack.").split("/")
            yield {"type": "framework", "bom-ref": f"pkg:nuget/{name}@{number}", "name": name, "version": number, "purl": f"pkg:nuget/{name}@{number}",
                   "copyright": ".NET Foundation and Contributors", "licenses": licences("MIT", None)}


def native():
    for file in sorted(published.glob("*.so")):
        if file.name not in ("libmscordaccore.so", "libmscordbi.so", "libcoreclrtraceptprovider.so"):
            yield {"type": "file", "bom-ref": f"file:{file.name}", "name": file.name, "hashes": [{"alg": "SHA-256", "content": sha256(file)}]}


def models():
    manifest = published / "models/manifest.json"
    named = json.loads(manifest.read_text()) if manifest.exists() else {}
    for file in sorted(published.glob("models/*.onnx")):
        licence = next((part.get("licence") for part in named.values() if isinstance(part, dict) and part.get("file") == file.name), None)
        yield {"type": "machine-learning-model", "bom-ref": f"model:{file.name}", "name": file.name, "hashes": [{"alg": "SHA-256", "content": sha256(file)}],
               "licenses": licences(licence, None)}


agent = {"type": "application", "bom-ref": "edge-agent", "name": "edge-agent", "version": version, "licenses": licences("MIT", None),
         "purl": f"pkg:deb/edge/edge-agent@{version}?arch={architecture}"}
components = [*packages(), *native(), *models()]
for component in components:
    if not component.get("licenses"):
        component.pop("licenses", None)
document = {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
    "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))), "component": agent},
    "components": components,
    "dependencies": [{"ref": "edge-agent", "dependsOn": [component["bom-ref"] for component in components]}],
}
# Of the content, not of chance: the same parts have the same serial number.
document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))}"
with open(sbom, "w", encoding="utf-8") as file:
    json.dump(document, file, indent=2, ensure_ascii=False)
    file.write("\n")

mit = (sources / "LICENSE").read_text(encoding="utf-8")
terms = "\n".join(" " + (line or ".") for line in mit[mit.index("Permission"):].splitlines())
parts = "\n".join(
    f" {part['name']} {part['version']}: "
    + " ".join((part.get("licenses") or [{}])[0].get("license", {}).get("id") or (part.get("licenses") or [{}])[0].get("expression")
               or (part.get("licenses") or [{}])[0].get("license", {}).get("url") or "see its project" for _ in (0,))
    + (f", {' '.join(part['copyright'].split())}" if part.get("copyright") else "")
    for part in components if part["type"] in ("library", "framework"))
with open(copyright, "w", encoding="utf-8") as file:
    file.write("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Edge\n"
               f"Comment: Parts of other projects, each under its own licence:\n{parts}\n .\n Their hashes are in sbom.cdx.json beside this file.\n\n"
               f"Files: *\nCopyright: 2026 the Edge authors\nLicense: MIT\n\nLicense: MIT\n{terms}\n")
