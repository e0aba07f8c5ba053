/* Keys on a UIT's page: to the UITs before and after it in the list one came from. The page works
   without this file. */
"use strict";
(() => {
  const head = document.querySelector(".uit-head[data-row]");
  if (!head) return;
  // The list gives the focus to this row when one comes back.
  sessionStorage.setItem("caraus-last-uit", head.dataset.row);
  const order = JSON.parse(sessionStorage.getItem("caraus-order") || '{ "links": [] }');
  const at = order.links.indexOf(location.pathname);

  // Beyond a page of the list: the first UIT of the page after it, the last of the one before it.
  const openBeside = async (address, by) => {
    const response = await fetch(address);
    if (!response.ok || response.redirected) return location.assign(address);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const beside = window.carausList.listOrder(page, address);
    const path = beside.links.at(by > 0 ? 0 : -1);
    if (!path) return sayNone();
    sessionStorage.setItem("caraus-order", JSON.stringify(beside));
    const { pathname, search } = new URL(address);
    sessionStorage.setItem(window.carausList.listKey(pathname), search);
    location.replace(path);
  };

  const sayNone = () => {
    document.getElementById("anunt").textContent = head.dataset.noneWords;
  };

  const pageBeside = (by) => (by > 0 ? order.next : order.previous);

  const open = (by) => {
    const path = at < 0 ? undefined : order.links[at + by];
    // Not one more step of the browser's history: „back” leads to the list.
    if (path) location.replace(path);
    else if (at >= 0 && pageBeside(by)) openBeside(pageBeside(by), by).catch(sayNone);
    else sayNone();
  };

  for (const [name, by] of [["previous", -1], ["next", 1]]) {
    const link = document.querySelector(`[data-step="${name}"]`);
    const path = at < 0 ? "" : order.links[at + by] || pageBeside(by);
    if (!link || !path) continue;
    link.href = path;
    link.hidden = false;
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-step]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.dataset.step === "next" ? 1 : -1);
  });

  // A request to the declarant opens another program; that it was opened stands in the history.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-request]");
    if (!link) return;
    const form = document.getElementById("cerere");
    const body = new FormData(form);
    body.set("ce", link.dataset.request);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).then(() => {
      document.getElementById("anunt").textContent = form.dataset.writtenWords;
    });
  });

  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, select, textarea, [contenteditable], dialog")) return;
    const press = (selector) => {
      const button = document.querySelector(selector);
      if (button) button.click();
    };
    if (event.key === "j") open(1);
    else if (event.key === "k") open(-1);
    else if (event.key === "c") press(".uit-head .uit-line .copy");
    else if (event.key === "e") press("#exporta button");
    else if (event.key === "?") document.getElementById("taste").showModal();
  });
})();
