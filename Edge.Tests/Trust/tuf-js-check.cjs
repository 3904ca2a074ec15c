// Reads a repository with tuf-js, an independent TUF client, and prints the target files it accepts.
// node tuf-js-check.cjs FOLDER-WITH-node_modules REPOSITORY FIRST-ROOT TARGET...
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { createRequire } = require("node:module");

const [home, repository, firstRoot, ...targets] = process.argv.slice(2);
const require_ = createRequire(path.join(home, "package.json"));
const { BaseFetcher, Updater } = require_("tuf-js");
const { DownloadHTTPError } = require_("tuf-js/dist/error.js");

class FolderFetcher extends BaseFetcher {
  async fetch(url) {
    const file = path.join(repository, decodeURIComponent(new URL(url).pathname));
    if (!fs.existsSync(file)) throw new DownloadHTTPError("absent", 404);
    return new Blob([fs.readFileSync(file)]).stream();
  }
}

(async () => {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), "edge-tuf-js-"));
  try {
    fs.copyFileSync(firstRoot, path.join(state, "root.json"));
    const base = "http://repository";
    const updater = new Updater({
      metadataDir: state, targetDir: state, metadataBaseUrl: base, targetBaseUrl: base, fetcher: new FolderFetcher(),
    });
    await updater.refresh();
    for (const target of targets) {
      const info = await updater.getTargetInfo(target);
      if (!info) throw new Error(`${target}: no such target`);
      const file = await updater.downloadTarget(info);
      console.log(`${target}: ${fs.readFileSync(file, "utf8")}`);
    }
  } finally {
    fs.rmSync(state, { recursive: true });
  }
})().catch((error) => { console.error(`${error.message}`); process.exit(1); });
