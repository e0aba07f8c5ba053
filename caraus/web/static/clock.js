"use strict";
/* What depends on the clock, on a page that stands open: fetched anew when the words of the server
   are true no longer, at the latest after midnight, also when the machine has slept meanwhile. */
(() => {
  const CHECK = 5_000, RETRY = 60_000;
  let since = Date.now(), busy = false;

  const replace = (page) => {
    const focused = document.activeElement && document.activeElement.id;
    for (const part of document.querySelectorAll("[data-clock]")) {
      const fresh = page.querySelector(`[data-clock="${part.dataset.clock}"]`);
      if (fresh) part.replaceWith(document.adoptNode(fresh));
    }
    const again = focused && document.getElementById(focused);
    if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  };

  const check = async () => {
    const due = document.querySelector("[data-clock-due]");
    if (busy || !due || Date.now() - since < Number(due.dataset.clockDue) * 1000) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      since = Date.now();
    } catch {
      since = Date.now() - Number(due.dataset.clockDue) * 1000 + RETRY;
    } finally {
      busy = false;
    }
  };

  setInterval(check, CHECK);
  document.addEventListener("visibilitychange", check);
})();
