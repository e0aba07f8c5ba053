/* The list of UITs: the keyboard, many at once, and what arrives while one looks. It works without
   this file. */
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const news = byId("noutati");
  const button = byId("sosite");

  /* -- the keyboard: / j k Enter c d v ? ------------------------------------------------------- */

  const isTyping = (target) => target.closest("input, select, textarea, [contenteditable], dialog");

  const rowLinks = () => [...document.querySelectorAll("#lista .col-uit a")];
  const FOCUS = "caraus-focus"; // "first", "last" or a row's link, for the page that is opened next

  const step = (by) => {
    const links = rowLinks();
    const row = document.activeElement && document.activeElement.closest("#lista tr");
    const at = links.findIndex((link) => link.closest("tr") === row);
    const beside = document.querySelector(`#lista .pages a[rel=${by > 0 ? "next" : "prev"}]`);
    if (at >= 0 && !links[at + by] && beside) {
      history.replaceState({ ...history.state, row: links[at].id }, ""); // „back” leads to it
      sessionStorage.setItem(FOCUS, by > 0 ? "first" : "last");
      beside.click();
      return;
    }
    const next = links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)];
    if (next) next.focus();
  };

  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    const search = byId("q");
    if (!search || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && target === search) {
      event.preventDefault(); // what was typed stays
      search.blur();
    }
    if (isTyping(target)) return;
    if (event.key === "/") {
      event.preventDefault();
      search.select();
      search.focus();
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "c") press(target, ".copy");
    else if (event.key === "d") press(target, ".done");
    else if (event.key === "v") press(target, ".file-change");
    else if (event.key === "?") byId("taste").showModal();
  });

  // A row has two stops for Tab, its box and its link; what else can be done to it has a key.
  let afterwards = ""; // the row that has the focus when the pressed one has left the list

  const press = (target, selector) => {
    const row = target.closest("#lista tr[data-uit]");
    const button = row && row.querySelector(selector);
    if (!button) return;
    const links = [...document.querySelectorAll("#lista .col-uit a")];
    const at = links.indexOf(row.querySelector(".col-uit a"));
    const neighbour = links[at + 1] || links[at - 1];
    if (selector === ".done") afterwards = neighbour ? neighbour.id : "";
    button.click();
  };

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (!afterwards || detail.target.id !== "lista" || detail.requestConfig.elt.id !== "alese") return;
    const link = document.activeElement === document.body && byId(afterwards);
    if (link) link.focus();
    afterwards = "";
  });

  /* -- back from a UIT's page: its row has the focus ------------------------------------------- */

  addEventListener("pageshow", ({ persisted }) => {
    const [navigation] = performance.getEntriesByType("navigation");
    const from = document.referrer.split(/[?#]/)[0];
    const isBack = persisted || (navigation && navigation.type === "back_forward");
    const wanted = sessionStorage.getItem(FOCUS);
    sessionStorage.removeItem(FOCUS);
    if (wanted && !isBack) {
      const link = { first: rowLinks()[0], last: rowLinks().at(-1) }[wanted] || byId(wanted);
      if (link) link.focus();
      return;
    }
    const last = sessionStorage.getItem("caraus-last-uit");
    const left = isBack && history.state && byId(history.state.row);
    if (!last && left) left.focus();
    if (!last || !(isBack || /\/transporturi\/\d+\/$/.test(from))) return;
    sessionStorage.removeItem("caraus-last-uit");
    const link = byId(last);
    // The keys went on over the end of this page: the row stands on another one.
    const search = sessionStorage.getItem(window.carausList.listKey(location.pathname));
    if (link) link.focus();
    else if (isBack && search !== null && search !== location.search) {
      sessionStorage.setItem(FOCUS, last);
      location.replace(location.pathname + search);
    }
  });

  /* -- a press anywhere on a row opens it ------------------------------------------------------ */

  const opened = (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const row = target && target.closest("#lista tr[data-uit]");
    if (!row || target.closest("a, button, input, label, select, summary")) return null;
    const selection = getSelection();
    if (selection && !selection.isCollapsed) return null; // a word of it was marked
    return row.querySelector(".col-uit a");
  };

  document.addEventListener("click", (event) => {
    const link = opened(event);
    if (!link || event.defaultPrevented || event.altKey) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
  document.addEventListener("auxclick", (event) => {
    const link = event.button === 1 && opened(event);
    if (link) window.open(link.href, "_blank", "noopener");
  });

  // What was read of the rights is not said again, until there is something new (the cookie).
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-dismiss]");
    if (!button) return;
    const { dismiss, dismissUntil } = button.dataset;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${dismiss}=${dismissUntil}; Path=${location.pathname}; Max-Age=31536000; SameSite=Lax${secure}`;
    button.closest(".notice").remove();
    byId("continut").focus({ preventScroll: true });
  });

  /* -- many at once: boxes, with shift those in between, x for the row of the focus -------------- */

  const boxes = () => [...document.querySelectorAll('#lista input[name="uit"]')];
  const picked = new Set();
  let lastPicked = "";

  const showPicked = () => {
    const all = boxes();
    picked.clear();
    for (const box of all) if (box.checked) picked.add(box.value);
    const words = document.querySelector(".selection-count");
    if (words) {
      const form = picked.size === 1 ? "one" : Intl.PluralRules && new Intl.PluralRules(document.documentElement.lang || "ro").select(picked.size) === "few" ? "few" : "many";
      words.textContent = words.dataset[form].replace("{n}", picked.size);
    }
    const every = byId("alege-tot");
    if (every) {
      every.checked = picked.size > 0 && picked.size === all.length;
      every.indeterminate = picked.size > 0 && picked.size < all.length;
    }
  };

  /* On a phone the boxes are there only while one selects: the button, or a long press on a row. */
  const LONG_PRESS = 500;
  const select = byId("selecteaza");
  let holding = 0;
  let isHeld = false; // the row under the finger was picked by the long press: letting go is no press

  const canSelect = () => select && select.offsetParent !== null;
  const isSelectingRows = () => canSelect() && select.getAttribute("aria-pressed") === "true";
  const selectRows = (on) => {
    select.setAttribute("aria-pressed", on);
    select.closest(".desk").classList.toggle("is-selecting", on);
    if (on) return;
    for (const box of boxes()) box.checked = false;
    showPicked();
  };
  const letGo = () => {
    clearTimeout(holding);
    holding = 0;
  };

  if (select) select.addEventListener("click", () => selectRows(!isSelectingRows()));
  document.addEventListener("pointerdown", ({ target, pointerType }) => {
    isHeld = false;
    letGo();
    const row = pointerType !== "mouse" && target instanceof Element && target.closest("#lista tr[data-uit]");
    if (!row || !canSelect() || isSelectingRows() || target.closest("button")) return;
    holding = setTimeout(() => {
      isHeld = true;
      selectRows(true);
      row.querySelector('input[name="uit"]').checked = true;
      showPicked();
    }, LONG_PRESS);
  });
  for (const end of ["pointerup", "pointercancel", "scroll"]) document.addEventListener(end, letGo, true);
  document.addEventListener("contextmenu", (event) => {
    // The menu of the row's link, which a long press opens too.
    if (holding || isHeld) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const row = isSelectingRows() && event.target instanceof Element && event.target.closest("#lista tr[data-uit]");
    if (!row || event.target.matches("input")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!isHeld) row.querySelector('input[name="uit"]').click();
    isHeld = false;
  }, true);

  document.addEventListener("click", (event) => {
    const box = event.target instanceof Element && event.target.closest('#lista input[name="uit"]');
    if (!box) return;
    const all = boxes();
    const from = all.findIndex((other) => other.value === lastPicked);
    const to = all.indexOf(box);
    if (event.shiftKey && from >= 0) {
      for (const other of all.slice(Math.min(from, to), Math.max(from, to) + 1)) other.checked = box.checked;
    }
    lastPicked = box.value;
    showPicked();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "alege-tot") return;
    for (const box of boxes()) box.checked = event.target.checked;
    showPicked();
  });
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target)) return;
    if (event.key === "x") {
      const row = target.closest("#lista tr[data-uit]");
      const box = row && row.querySelector('input[name="uit"]');
      if (box) [box.checked, lastPicked] = [!box.checked, box.value];
      showPicked();
    } else if (event.key === "Escape" && picked.size) {
      for (const box of boxes()) box.checked = false;
      showPicked();
    }
  });
  // A file or another page is no part of the list: the browser sends the form, not htmx.
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (target.id === "alese" && submitter && submitter.hasAttribute("formaction")) event.stopPropagation();
  }, true);
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target.id !== "lista") return;
    if (detail.requestConfig.elt.id === "lista") {
      for (const box of boxes()) box.checked = picked.has(box.value);
    }
    showPicked();
  });

  if (!news) return;

  /* -- what is new: rows are marked, the title counts ----------------------------------------- */

  const CALM = 30_000;
  const title = document.title;
  // Seconds; a row may be written down a moment after the page was drawn.
  const since = Number(news.dataset.now) - 120;
  const known = new Map(); // UIT → when it had last changed, as it was shown
  const marks = new Map(); // UIT → "new" or "changed", until it is looked at
  const fresh = new Set(); // those that the title counts
  const plural = new Intl.PluralRules(document.documentElement.lang || "ro");
  let held = "";
  let calming = 0;

  const say = (text) => {
    byId("anunt").textContent = text;
  };

  const words = (number) => {
    const form = number === 1 ? "one" : plural.select(number) === "few" ? "few" : "many";
    return news.dataset[form].replace("{n}", number);
  };

  const rowsOf = (root) => [...root.querySelectorAll("tr[data-uit]")];

  /* What of these rows the person has not seen: UIT → "new" or "changed". */
  const arrivals = (root) => {
    const found = new Map();
    for (const { dataset } of rowsOf(root)) {
      const changed = Number(dataset.changed);
      if (changed <= since || known.get(dataset.uit) === changed) continue;
      const isNew = !known.has(dataset.uit) && Number(dataset.first) > since;
      found.set(dataset.uit, isNew ? "new" : "changed");
    }
    return found;
  };

  const showCount = () => {
    document.title = fresh.size ? `(${fresh.size}) ${title}` : title;
  };

  const calmDown = () => {
    clearTimeout(calming);
    if (fresh.size && !document.hidden) {
      calming = setTimeout(() => {
        fresh.clear();
        showCount();
      }, CALM);
    }
  };

  const count = (found) => {
    for (const uit of found.keys()) fresh.add(uit);
    showCount();
    calmDown();
  };

  const remember = () => {
    for (const row of rowsOf(byId("lista"))) {
      known.set(row.dataset.uit, Number(row.dataset.changed));
      if (marks.has(row.dataset.uit)) row.dataset.mark = marks.get(row.dataset.uit);
    }
  };

  const settle = (live) => {
    const found = arrivals(byId("lista"));
    if (live) {
      for (const [uit, mark] of found) marks.set(uit, mark);
      count(found);
      if (found.size) say(words(found.size));
    }
    remember();
  };

  const lookedAt = ({ target }) => {
    const row = target instanceof Element && target.closest("#lista tr[data-mark]");
    if (!row) return;
    marks.delete(row.dataset.uit);
    fresh.delete(row.dataset.uit);
    showCount();
    row.dataset.mark = "seen";
  };
  document.addEventListener("pointerdown", lookedAt);
  document.addEventListener("focusin", lookedAt);

  /* -- nothing moves under the pointer: what would move rows waits for a word ------------------ */

  const isSelecting = () => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && byId("lista").contains(selection.anchorNode);
  };

  const isReading = () => {
    const body = byId("lista").querySelector("tbody");
    if (document.hidden || !body) return false;
    const above = body.getBoundingClientRect().top < 0;
    const focused = document.activeElement && document.activeElement.closest("#lista tbody");
    return above || byId("lista").querySelector("tbody:hover") || focused || picked.size > 0;
  };

  const order = (root) => rowsOf(root).map((row) => row.dataset.uit).join();

  const drop = () => {
    held = "";
    button.hidden = true;
  };

  const hold = (response, parsed) => {
    const found = arrivals(parsed);
    held = response;
    button.hidden = !found.size;
    button.lastElementChild.textContent = words(found.size);
    if ([...found.keys()].some((uit) => !fresh.has(uit))) say(words(found.size));
    count(found);
  };

  const show = () => {
    if (!held) return;
    byId("lista").outerHTML = held;
    drop();
    window.htmx.process(byId("lista"));
    settle(true);
  };

  button.addEventListener("click", () => {
    show();
    window.scrollTo({ top: 0 });
  });
  document.addEventListener("pointerout", () => {
    setTimeout(() => {
      if (held && !isReading() && !isSelecting()) show();
    }, 600);
  });

  /* -- the list asks again by itself ----------------------------------------------------------- */

  const isPoll = (config) => config.elt.id === "lista";

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (document.hidden && isPoll(detail)) detail.headers["Caraus-Hidden"] = "1";
  });

  document.addEventListener("visibilitychange", () => {
    calmDown();
    if (!document.hidden && window.htmx) window.htmx.trigger(byId("lista"), "refresh");
  });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.target || detail.target.id !== "lista") return;
    if (detail.xhr.status === 204) drop(); // what is shown is all there is
    if (!detail.shouldSwap) return;
    const response = detail.serverResponse;
    if (isPoll(detail.requestConfig)) {
      const parsed = new DOMParser().parseFromString(response, "text/html");
      const moves = order(parsed) !== order(byId("lista"));
      if (response === held || isSelecting()) detail.shouldSwap = false;
      else if (moves && isReading()) {
        detail.shouldSwap = false;
        hold(response, parsed);
      }
    }
    if (detail.shouldSwap) drop();
  });

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    const list = byId("lista");
    if (!list || detail.target.id !== "lista") return;
    const asking = detail.requestConfig.elt.id;
    settle(asking === "lista" || asking === "sincronizare");
    if (asking === "filtre") say(list.dataset.summary);
  });

  remember();
})();
