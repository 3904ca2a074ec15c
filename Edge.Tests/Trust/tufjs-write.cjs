// Writes a repository with @tufjs/models, an independent implementation: root 1, a root 2 under other keys, and everything below.
// node tufjs-write.cjs FOLDER-WITH-node_modules REPOSITORY AGENCY
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

const [home, repository, agency] = process.argv.slice(2);
const require_ = createRequire(path.join(home, "package.json"));
const { Metadata, MetadataKind, Root, Signature, Snapshot, Targets, Timestamp } = require_("@tufjs/models");
const { canonicalize } = require_("@tufjs/canonical-json");

function makeKey() {
  const { publicKey, privateKey } = crypto.generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  const json = { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw } };
  const id = crypto.createHash("sha256").update(canonicalize(json)).digest("hex");
  return { id, json, sign: (bytes) => new Signature({ keyID: id, sig: crypto.sign(null, bytes, privateKey).toString("hex") }) };
}

const hashes = (bytes) => ({ sha256: crypto.createHash("sha256").update(bytes).digest("hex") });
const expires = new Date(Date.now() + 86400e3).toISOString().replace(/\.\d+Z$/, "Z");
const header = (type, version) => ({ _type: type, spec_version: "1.0.31", version, expires });
const role = (threshold, ...keys) => ({ keyids: keys.map((key) => key.id), threshold });
const map = (...keys) => Object.fromEntries(keys.map((key) => [key.id, key.json]));

function write(name, bytes) {
  const file = path.join(repository, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
  return bytes;
}

function publish(name, signed, ...keys) {
  const metadata = new Metadata(signed);
  for (const key of keys) metadata.sign(key.sign);
  return write(name, Buffer.from(canonicalize(metadata.toJSON())));
}

const claim = (version, bytes) => ({ version, length: bytes.length, hashes: hashes(bytes) });
const target = (name) => {
  const bytes = write(name, Buffer.from(`${name} by tufjs, é "quoted"`));
  return { length: bytes.length, hashes: hashes(bytes), custom: { agency } };
};

const [a, b, c, d, online, hotlist] = Array.from({ length: 6 }, makeKey);
const root = (version, ...keepers) => Root.fromJSON({
  ...header(MetadataKind.Root, version), consistent_snapshot: false, keys: map(...keepers, online),
  roles: { root: role(2, ...keepers), targets: role(2, ...keepers), snapshot: role(1, online), timestamp: role(1, online) },
});
publish("1.root.json", root(1, a, b, c), a, b);
publish("2.root.json", root(2, b, c, d), b, c, d);
fs.copyFileSync(path.join(repository, "2.root.json"), path.join(repository, "root.json"));

const name = `hotlists-${agency}`;
const hotlists = publish(`${name}.json`, Targets.fromJSON({
  ...header(MetadataKind.Targets, 5), targets: { [`hotlists/${agency}.json`]: target(`hotlists/${agency}.json`) },
}), hotlist);
const targets = publish("targets.json", Targets.fromJSON({
  ...header(MetadataKind.Targets, 3),
  targets: Object.fromEntries(["policy.json", "operators.json", "recipients.json"].map((file) => [file, target(file)])),
  delegations: { keys: map(hotlist), roles: [{ name, ...role(1, hotlist), terminating: true, paths: [`hotlists/${agency}.json`] }] },
}), d, b);
const snapshot = publish("snapshot.json", Snapshot.fromJSON({
  ...header(MetadataKind.Snapshot, 7), meta: { "targets.json": claim(3, targets), [`${name}.json`]: claim(5, hotlists) },
}), online);
publish("timestamp.json", Timestamp.fromJSON({
  ...header(MetadataKind.Timestamp, 9), meta: { "snapshot.json": claim(7, snapshot) },
}), online);
