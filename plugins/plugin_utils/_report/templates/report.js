"use strict";
(() => {
  const get = (id) => document.getElementById(id);
  const hosts = Array.from(document.querySelectorAll(".host"));
  const [form, text, state, federation, whose, found, none] =
    ["filters", "text", "state", "federation", "whose", "found", "none"].map(get);
  const lower = (element) => element.textContent.toLowerCase();
  let entries = null; // read when the first filter is set, so that the page opens quickly
  const read = () => hosts.map((host) => ({
    host,
    head: Array.from(host.querySelectorAll("h3, dl, .diff"), lower).join(" "),
    rows: Array.from(host.querySelectorAll("tbody tr"), (row) => ({row, words: lower(row)})),
  }));
  const filter = () => {
    entries = entries || read();
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let hostsShown = 0, rowsShown = 0;
    for (const {host, head, rows} of entries) {
      let own = 0;
      for (const {row, words: content} of rows) {
        const fits = (!state.value || row.dataset.s === state.value) && (!federation.value || row.dataset.f === federation.value)
          && words.every((word) => head.includes(word) || content.includes(word));
        row.hidden = !fits;
        own += fits;
      }
      const alone = (!state.value || host.dataset.s === state.value) && !federation.value && words.every((word) => head.includes(word));
      const shown = (own > 0 || alone) && (!whose.value || host.dataset.w === whose.value);
      host.hidden = !shown;
      if (shown) { hostsShown += 1; rowsShown += own; }
    }
    none.hidden = hostsShown > 0;
    found.value = `${hostsShown} of ${hosts.length} hosts shown, with ${rowsShown} rules`;
  };
  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); };
  text.addEventListener("input", soon);
  for (const one of [state, federation, whose]) one.addEventListener("change", filter);
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  get("open").addEventListener("click", () => hosts.forEach((host) => { if (!host.hidden) host.open = true; }));
  get("close").addEventListener("click", () => hosts.forEach((host) => { host.open = false; }));
  const follow = () => {
    const target = location.hash && get(location.hash.slice(1));
    if (target && target.classList.contains("host")) {
      target.hidden = false;
      target.open = true;
      target.querySelector("summary").focus();
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => hosts.forEach((host) => { host.open = true; }));
  found.value = `${hosts.length} host${hosts.length === 1 ? "" : "s"}`;
  form.hidden = false;
  follow();
})();
