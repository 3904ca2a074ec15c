// Uses every page of the console as people do, in a real Chromium, takes a picture of each at desktop and phone width, and runs an accessibility check in it.
// node console-look.cjs FOLDER-WITH-node_modules CHROMIUM ADDRESS PASSPHRASE PICTURES < {"tech-7":{"pfx":FILE,"secret":BASE32},"audit-1":{…}}
// Prints one JSON line a page: {"page","width","violations":[…],"overflow":bool,"errors":[…]}, and last {"done":true}.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const crypto = require("node:crypto");
const { createRequire } = require("node:module");

const [home, executablePath, address, passphrase, pictures] = process.argv.slice(2);
const require_ = createRequire(path.join(home, "package.json"));
const { chromium } = require_("playwright-core");
const axe = fs.readFileSync(require_.resolve("axe-core/axe.min.js"), "utf8");
const people = JSON.parse(fs.readFileSync(0, "utf8"));

// RFC 6238, as an authenticator does it.
function code(secret, at = Date.now()) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const hash = crypto.createHmac("sha1", key).update(counter).digest();
  const offset = hash[19] & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1000000).padStart(6, "0");
}

function say(line) { process.stdout.write(`${JSON.stringify(line)}\n`); }

function insist(holds, what) { if (!holds) throw new Error(what); }

(async () => {
  fs.mkdirSync(pictures, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
  const open = (who, more = {}) => browser.newContext({
    ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, ...more,
    clientCertificates: [{ origin: new URL(address).origin, pfxPath: people[who].pfx, passphrase }],
  });

  async function look(page, name) {
    for (const [width, size] of [["desktop", { width: 1280, height: 900 }], ["phone", { width: 390, height: 844 }]]) {
      await page.setViewportSize(size);
      await page.waitForTimeout(150);
      const frozen = await page.evaluate(() => document.readyState);
      insist(frozen !== "loading", `${name} loads`);
      // The check is put into the page by the browser's own debugger, past the page's content security policy.
      const session = await page.context().newCDPSession(page);
      await session.send("Runtime.evaluate", { expression: axe });
      const result = await session.send("Runtime.evaluate", {
        expression: "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(r => JSON.stringify(r.violations.map(v => ({ id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 160)) }))))",
        awaitPromise: true, returnByValue: true,
      });
      await session.detach();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
      await page.screenshot({ path: path.join(pictures, `${name}-${width}.png`), fullPage: true });
      say({ page: name, width, violations: JSON.parse(result.result.value ?? "null"), overflow });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  function watched(page, errors) {
    page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
    page.on("pageerror", (error) => errors.push(String(error)));
  }

  // ---- the technician
  const errors = [];
  const technician = await open("tech-7");
  let page = await technician.newPage();
  watched(page, errors);
  await page.goto(address);
  insist(page.url().endsWith("/login"), "whoever did not come in is sent to the login");
  await page.keyboard.press("Tab");
  insist(await page.evaluate(() => document.activeElement.className) === "skip", "the first stop of the keyboard skips the header");
  await look(page, "login");
  await page.getByLabel("Code, 6 digits").fill(code(people["tech-7"].secret, Date.now() + 600000));
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await look(page, "login-wrong");
  await page.getByLabel("Code, 6 digits").fill(code(people["tech-7"].secret));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/aim");
  await look(page, "aim");
  await page.getByRole("link", { name: "north-lane" }).click();
  await look(page, "aim-closed");
  await page.getByRole("button", { name: /Look through/ }).click();
  await page.locator("#picture").waitFor();
  await page.waitForFunction(() => document.querySelector("tr[data-quality='plate-height'] .value").textContent !== "–" && document.getElementById("picture").naturalWidth > 100, null, { timeout: 60000 });
  const before = await page.locator("#picture").getAttribute("src");
  await page.waitForFunction((was) => document.getElementById("picture").getAttribute("src") !== was, before, { timeout: 60000 });
  await page.waitForTimeout(4000);
  await look(page, "aim-open");

  // The same without a script: the page comes anew by itself.
  const plain = await open("tech-7", { javaScriptEnabled: false });
  await plain.addCookies(await technician.cookies());
  const still = await plain.newPage();
  await still.goto(`${address}aim/north-lane`);
  await still.waitForEvent("load", { timeout: 60000 }); // the page comes anew by itself
  insist((await still.content()).includes("px or more"), "without a script the numbers are there");
  await plain.close();

  await page.getByRole("button", { name: "Stop looking" }).click();
  await page.getByRole("button", { name: /Look through/ }).waitFor();
  const refused = await page.goto(`${address}log`);
  insist(refused.status() === 403, "the log is not the technician's");
  errors.length = 0; // the browser says each 403 itself
  await look(page, "not-this-role");
  await page.goto(`${address}policy`);
  await look(page, "policy");
  await page.goto(`${address}aim`);
  await page.getByRole("button", { name: /Log out/ }).click();
  await page.waitForURL("**/login");
  await technician.close();

  // ---- the auditor
  const auditor = await open("audit-1", { acceptDownloads: true });
  page = await auditor.newPage();
  watched(page, errors);
  await page.goto(`${address}login`);
  await page.getByLabel("Code, 6 digits").fill(code(people["audit-1"].secret));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/log");
  await page.getByRole("button", { name: "Verify and count" }).click();
  for (let i = 0; i < 300 && await page.getByText("Log verified").count() === 0; i++) {
    await page.waitForTimeout(200);
    await page.goto(`${address}log`);
  }
  await look(page, "log");
  await page.getByText("Every check").click();
  await look(page, "log-checks");
  await page.getByLabel("What").selectOption("console.login");
  await page.getByRole("button", { name: "Find" }).click();
  await page.waitForURL("**/log/search*");
  insist(await page.locator(".entries tbody tr").count() > 2, "entries are found");
  await look(page, "log-search");
  await page.goto(`${address}log`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Public copy" }).click();
  await (await download).saveAs(path.join(pictures, "public.tar"));
  await page.getByRole("link", { name: /Report of/ }).click();
  await page.waitForURL("**/log/report*");
  await look(page, "report");
  await auditor.close();

  // ---- anybody, without a certificate
  const anybody = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 } });
  page = await anybody.newPage();
  const shut = await page.goto(address).then((answer) => answer.status(), () => 0);
  insist(shut === 0, `without a certificate nothing is said, but ${shut}`);
  await browser.close();
  say({ done: true, errors });
})().catch((failure) => {
  say({ failed: String(failure && failure.stack || failure) });
  process.exit(1);
});
