// The aim page without coming anew: pictures and numbers change in place. Without it the page reloads itself.
"use strict";
(() => {
  const aim = document.getElementById("aim");
  if (!aim) return;
  const camera = aim.dataset.camera;
  const picture = document.getElementById("picture");
  const set = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  let shown = -1;

  async function look() {
    const answer = await fetch(`/aim/${camera}/look`, { cache: "no-store", redirect: "error" });
    if (answer.status === 410) return location.reload();
    if (!answer.ok) return;
    const now = await answer.json();
    if (now.n !== shown && now.n > 0) {
      shown = now.n;
      picture.src = `/aim/${camera}/picture?n=${now.n}`;
    }
    set(document.getElementById("summary"), now.summary);
    set(document.getElementById("left"), now.left);
    const overall = document.getElementById("overall");
    overall.className = `overall ${now.overall}`;
    set(overall, now.overallWords);
    for (const check of now.checks) {
      const row = document.querySelector(`tr[data-quality="${check.quality}"]`);
      row.className = check.verdict;
      set(row.querySelector(".value"), check.value);
      set(row.querySelector(".verdict"), check.words);
    }
  }

  async function turn() {
    try { await look(); } catch { /* out of reach for a moment, or logged out: the next turn shows it */ }
    setTimeout(turn, 500);
  }
  turn();
})();
