/* Small comforts. Every page works without this file. */
"use strict";
(() => {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("caraus") : null;
  const byId = (id) => document.getElementById(id);

  /* -- copying, printing, closing ------------------------------------------------------------ */

  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Plain http on a local network has no clipboard interface.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };

  const say = (text) => {
    const place = byId("anunt");
    if (place) place.textContent = text;
  };

  const COPIED = 2000;
  const labels = new WeakMap(); // button → [its own content, the timer that puts it back]

  const copied = (button) => {
    say(button.dataset.copiedWords || byId("anunt").dataset.copiedWords);
    const [own, timer] = labels.get(button) || [[...button.childNodes], 0];
    clearTimeout(timer);
    button.setAttribute("data-copied", "");
    // An icon changes by its style; a button with words says it in its own place.
    if (button.matches(".button")) {
      button.style.minInlineSize = `${button.offsetWidth}px`;
      button.replaceChildren(byId("anunt").dataset.copiedLabel);
    }
    const back = () => {
      labels.delete(button);
      button.removeAttribute("data-copied");
      if (button.matches(".button")) button.replaceChildren(...own);
    };
    labels.set(button, [own, setTimeout(back, COPIED)]);
  };

  // The server's text of this moment: the page may have stood open for hours.
  const copyFrom = async (button) => {
    const text = fetch(button.dataset.copyFrom, { cache: "no-store" }).then((answer) => {
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      return answer.text();
    });
    try {
      if (navigator.clipboard && window.ClipboardItem) {
        // Given as a promise, for some browsers copy only while the button is being pressed.
        const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
        const item = new ClipboardItem({ "text/plain": blob });
        await navigator.clipboard.write([item]).catch(async () => copy(await text));
      } else {
        await copy(await text);
      }
      copied(button);
    } catch {
      say(button.dataset.copyFailed);
      alert(button.dataset.copyFailed);
    }
  };

  // What is ticked in the button's form when it is pressed, rows of UITs.
  const copyTicked = (button) => {
    const ticked = [...button.form.elements].filter((field) => field.name === "uit" && field.checked);
    if (button.dataset.copyTicked === "codes") {
      button.dataset.copy = ticked.map((box) => box.closest("[data-uit]").dataset.uit).join("\n");
    } else {
      button.dataset.copyFrom = `${button.formAction}?${ticked.map((box) => `uit=${box.value}`).join("&")}`;
    }
  };

  /* -- what is being written outlives the session ---------------------------------------------- */

  // Kept in this tab alone, until it is saved or its person signs out.
  const DRAFT = "caraus-draft:";
  const draftKey = (field) => `${DRAFT}${field.form.dataset.draft}`;

  document.addEventListener("input", ({ target }) => {
    const form = target instanceof HTMLTextAreaElement && target.closest("form[data-draft]");
    if (form) sessionStorage.setItem(draftKey(target), target.value);
  });

  for (const field of document.querySelectorAll("form[data-draft] textarea")) {
    const kept = sessionStorage.getItem(draftKey(field)) || "";
    const saved = [...document.querySelectorAll(".note-text")].map((note) => note.textContent.trim());
    saved.push(field.value.trim());
    if (saved.includes(kept.trim())) sessionStorage.removeItem(draftKey(field));
    else if (kept) field.value = kept;
  }

  document.addEventListener("submit", ({ target }) => {
    if (!target.matches("[data-sign-out]")) return;
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(DRAFT)) sessionStorage.removeItem(key);
    }
  });

  /* -- choosing many ---------------------------------------------------------------------------- */

  const boxesOf = (form) => [...form.querySelectorAll("tbody input[type=checkbox]")];
  let lastBox = null;

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const form = box.closest("form[data-selection]");
    if (!form) return;
    const boxes = boxesOf(form);
    if ("selectAll" in box.dataset) {
      for (const each of boxes) each.checked = box.checked;
    } else {
      // With Shift: all between the last one and this one.
      const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
      if (event.shiftKey && from >= 0) {
        for (const each of boxes.slice(from, to)) each.checked = box.checked;
      }
      lastBox = box;
    }
    for (const all of form.querySelectorAll("[data-select-all]")) {
      // What is on other pages is ticked by its own box alone, and goes with the first that is not.
      if (all !== box) all.checked = boxes.every((each) => each.checked) && (!all.name || all.checked);
    }
  });

  // A long list of boxes is narrowed by what is typed above it; what is chosen stays in sight.
  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !("narrows" in target.dataset)) return;
    const needle = target.value.trim().toLocaleLowerCase("ro");
    for (const choice of target.closest("fieldset").querySelectorAll(".choice")) {
      const chosen = choice.querySelector("input").checked;
      choice.hidden = !chosen && !choice.textContent.toLocaleLowerCase("ro").includes(needle);
    }
  });

  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("[data-choose]") : null;
    if (!button) return;
    const wanted = button.dataset.choose === "all";
    for (const choice of button.closest("fieldset").querySelectorAll(".choice:not([hidden]) input")) {
      choice.checked = wanted;
    }
  });

  /* -- pressing -------------------------------------------------------------------------------- */

  // By its path, for each organization has a list of its own.
  const listKey = (path) => `caraus-lista ${path}`;

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const button = target.closest("[data-copy]");
    if (button && button.type === "submit") event.preventDefault(); // what a page without this file needs
    if (button && button.dataset.copyTicked) copyTicked(button);
    if (button && button.dataset.copyAsks && !confirm(button.dataset.copyAsks)) return;
    if (button && button.dataset.copyFrom) copyFrom(button);
    else if (button) copy(button.dataset.copy).then(() => copied(button));
    if (target.closest("[data-dismiss]")) target.closest("[data-flash]").remove();
    if (target.closest("[data-print]")) window.print();
    const left = target.closest("form[data-draft] a");
    if (left) sessionStorage.removeItem(`${DRAFT}${left.closest("form").dataset.draft}`);
    const opener = target.closest("[data-opens]");
    if (opener) byId(opener.dataset.opens).showModal();
    // A moment later, so that the button is seen to be pressed.
    if (target.closest("[data-close]")) setTimeout(() => window.close(), 150);
    const back = target.closest("[data-back]");
    if (back && document.referrer.split("?")[0] === back.href && history.length > 1) {
      event.preventDefault();
      history.back();
    } else if (back) {
      // A note was written meanwhile: to the list as it was left, with its search and order.
      back.search = sessionStorage.getItem(listKey(back.pathname)) || back.search;
    }
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  });

  // In this order a UIT's page goes to the next one, and over the end of a page to the page beside it.
  const listOrder = (root, address) => {
    const links = [...root.querySelectorAll("#lista .col-uit a, .lorry-loads li > a")];
    const beside = (rel) => {
      const link = root.querySelector(`.pages a[rel=${rel}]`);
      return link ? new URL(link.getAttribute("href"), address).href : "";
    };
    return { links: links.map((link) => link.pathname), previous: beside("prev"), next: beside("next") };
  };
  window.carausList = { listKey, listOrder };

  addEventListener("pagehide", () => {
    if (byId("lista")) sessionStorage.setItem(listKey(location.pathname), location.search);
    const order = listOrder(document, location.href);
    if (order.links.length) sessionStorage.setItem("caraus-order", JSON.stringify(order));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  /* -- the search from every page: Ctrl+K -------------------------------------------------------- */

  const finder = byId("cautare");

  const openFinder = () => {
    if (!finder.open) finder.showModal();
    byId("cautare-q").select();
  };

  document.addEventListener("keydown", (event) => {
    if (!finder) return;
    const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    const by = finder.open ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : 0;
    if (isK && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      openFinder();
    } else if (by) {
      const stops = [byId("cautare-q"), ...finder.querySelectorAll("#gasite a")];
      const next = stops[stops.indexOf(document.activeElement) + by];
      event.preventDefault();
      if (next) next.focus();
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-finder]");
    if (finder && event.target === finder) finder.close(); // beside it
    if (!finder || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openFinder();
  });

  /* -- parts that refresh themselves ---------------------------------------------------------- */

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const here = new URLSearchParams(location.search);
    if (detail.elt.id === "sincronizare") {
      detail.parameters.inapoi = location.pathname + location.search;
      detail.parameters.firma = here.get("firma") || "";
    } else if (detail.verb === "get") {
      for (const name of [...detail.formData.keys()]) {
        if (detail.formData.get(name) === "") detail.formData.delete(name);
      }
    }
  });

  // Pressing would do nothing while the day's questions are used up; the list knows it, and until when.
  document.addEventListener("htmx:afterSettle", () => {
    const list = byId("lista");
    const button = document.querySelector("#sincronizare button");
    if (!list || !button) return;
    button.disabled = Boolean(list.dataset.syncOff);
    button.title = list.dataset.syncOff || "";
  });

  // The view may have changed since the form was drawn: the address bar knows it.
  document.addEventListener("submit", ({ target }) => {
    const field = target.matches("[data-of-view]") && target.elements.vedere;
    if (!field) return;
    field.value = location.search.slice(1);
    target.closest("[data-menu]")?.removeAttribute("open"); // a file leaves the page as it is
  });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    // The session is over: the answer is the sign-in page, which is no part of this one.
    if (new URL(detail.xhr.responseURL || location.href).pathname.startsWith("/cont/")) {
      detail.shouldSwap = false;
      location.reload();
    }
  });

  // Between pressing and letting go nothing pressed may be replaced: the browser would make no click.
  // What was missed is asked for again; an answer to what was typed is what the person waits for.
  let pressed = null;
  let missed = null;
  const letGo = () => {
    const part = missed && byId(missed);
    pressed = missed = null;
    if (part) window.htmx.trigger(part, "refresh");
  };
  document.addEventListener("pointerdown", ({ target, button }) => {
    pressed = button < 2 ? target : null;
  });
  for (const end of ["pointerup", "pointercancel", "contextmenu"]) {
    document.addEventListener(end, () => setTimeout(letGo)); // after the click
  }
  document.addEventListener("pointermove", ({ buttons }) => {
    if (pressed && !buttons) setTimeout(letGo); // let go outside the window
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { target, requestConfig } = detail;
    if (!pressed || !target || !target.contains(pressed) || requestConfig.elt.id === "filtre") return;
    detail.shouldSwap = false;
    missed = target.id;
  });

  const offline = (is) => {
    const notice = byId("fara-legatura");
    if (notice) notice.hidden = !is;
  };
  const busy = (sentence) => {
    const notice = byId("ocupat");
    if (!notice) return;
    notice.hidden = !sentence;
    notice.querySelector("span").textContent = sentence;
  };
  document.addEventListener("htmx:responseError", ({ detail }) => {
    // Refused (the page stood open for too long, ...): as without JavaScript, with a page that says why.
    if (detail.elt.matches("#sincronizare")) detail.elt.submit();
    else if (detail.xhr.status === 503) busy(detail.xhr.responseText);
  });
  document.addEventListener("htmx:sendError", () => offline(true));
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.xhr && detail.xhr.status) offline(false);
    if (detail.successful) busy("");
  });

  /* -- the authorization window -------------------------------------------------------------- */

  const WINDOW = "caraus-anaf";
  const LONG = 60000;
  let waiting = 0;
  let watching = 0;
  let longer = 0;

  const askForCard = (query) => {
    const card = byId("card");
    if (card && window.htmx) {
      const options = { target: "#card", swap: "outerHTML", source: "#card" };
      window.htmx.ajax("GET", card.dataset.address + query, options);
    }
  };

  const stopWaiting = () => {
    clearInterval(waiting);
    clearInterval(watching);
    clearTimeout(longer);
    waiting = watching = longer = 0;
  };

  /* The button is offered again; an answer may still come: another window, a handle that ANAF cut. */
  const sayClosed = () => {
    const card = byId("card");
    card?.removeAttribute("data-waiting");
    card?.setAttribute("data-closed", "");
  };

  const startWaiting = (opened) => {
    const card = byId("card");
    if (!card) return;
    for (const name of ["data-closed", "data-long"]) card.removeAttribute(name);
    card.setAttribute("data-waiting", "");
    stopWaiting();
    const newest = card.dataset.newest;
    waiting = setInterval(() => {
      // 204 while nothing new came: the card stays as it is.
      askForCard(`?asteapta=${encodeURIComponent(newest)}`);
    }, 2000);
    // A window tells nobody that it was closed.
    watching = setInterval(() => {
      if (!opened.closed) return;
      clearInterval(watching);
      sayClosed();
    }, 250);
    longer = setTimeout(() => byId("card")?.setAttribute("data-long", ""), LONG);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-authorize]")) return;
    const width = Math.min(620, screen.availWidth);
    const height = Math.min(760, screen.availHeight);
    const left = Math.max((screen.availWidth - width) / 2, 0);
    const opened = window.open("", WINDOW, `popup,width=${width},height=${height},left=${left}`);
    // Blocked: the same tab, as without JavaScript. Some blockers give a window that is closed.
    if (!opened || opened.closed) return;
    opened.focus();
    form.target = WINDOW;
    setTimeout(() => startWaiting(opened), 0);
  });

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (waiting && detail.requestConfig.path.includes("/integrari/")) stopWaiting();
  });

  if (channel) {
    channel.addEventListener("message", ({ data }) => {
      if (data && data.kind === "authorization") askForCard("");
    });
  }

  const finished = document.querySelector("[data-authorization]");
  if (finished) {
    if (channel) channel.postMessage({ kind: "authorization", result: finished.dataset.authorization });
    const isOwnWindow = window.opener !== null || window.name === WINDOW;
    if (isOwnWindow) {
      for (const button of finished.querySelectorAll("[data-close]")) button.hidden = false;
      for (const link of finished.querySelectorAll("[data-no-opener]")) link.hidden = true;
    }
    finished.addEventListener("click", (event) => {
      const link = event.target instanceof Element && event.target.closest("a[data-in-opener]");
      if (!link || !window.opener) return;
      try {
        window.opener.location.href = link.href;
        event.preventDefault();
        window.close();
      } catch {
        // The other window is no longer ours: the link opens here.
      }
    });
  }
})();
