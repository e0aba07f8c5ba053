// Lets this browser take push messages: says what the browser allows, asks it, tells the server its address.
(() => {
  const box = document.querySelector("[data-push]");
  if (!box) return;
  const say = (state, text = "") => {
    for (const part of box.querySelectorAll("[data-state]")) {
      part.hidden = part.dataset.state !== state;
      part.classList.remove("push-pending");
    }
    box.querySelector("[data-said]").textContent = text;
  };
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const send = (address, fields) =>
    fetch(address, {
      method: "POST",
      headers: { "X-CSRFToken": box.querySelector("[name=csrfmiddlewaretoken]").value },
      body: new URLSearchParams(fields),
    });
  const subscription = async () => {
    const known = await navigator.serviceWorker.getRegistration(box.dataset.worker);
    return known ? known.pushManager.getSubscription() : null;
  };
  const save = (subscribed) =>
    send(box.dataset.subscribe, {
      endpoint: subscribed.endpoint,
      p256dh: text(subscribed.getKey("p256dh")),
      auth: text(subscribed.getKey("auth")),
    });
  const reason = async (answer) => (answer.status === 400 ? answer.text() : box.dataset.failed);
  const show = async () => {
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
      const apple = /iPhone|iPad/.test(navigator.userAgent) || navigator.maxTouchPoints > 1;
      return say(apple && /Safari/.test(navigator.userAgent) && !/Android/.test(navigator.userAgent)
        ? "home-screen" : "unsupported");
    }
    if (Notification.permission === "denied") return say("denied");
    const subscribed = Notification.permission === "granted" ? await subscription() : null;
    // Without the cookie of the server, it is of somebody who signed out here.
    if (!subscribed || !("known" in box.dataset)) return say("default");
    const answer = await save(subscribed);
    return answer.ok ? say("granted") : say("default", await reason(answer));
  };
  const start = async () => {
    if ((await Notification.requestPermission()) !== "granted") return show();
    await navigator.serviceWorker.register(box.dataset.worker);
    const worker = await navigator.serviceWorker.ready;
    const subscribed = await worker.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(box.dataset.key),
    });
    const answer = await save(subscribed);
    if (answer.ok) return say("granted");
    await subscribed.unsubscribe();
    return say("default", await reason(answer));
  };
  const stop = async () => {
    const subscribed = await subscription();
    if (subscribed) {
      await send(box.dataset.unsubscribe, { endpoint: subscribed.endpoint });
      await subscribed.unsubscribe();
    }
    say("default");
  };
  const sample = async () => {
    const subscribed = await subscription();
    if (!subscribed) return show();
    const answer = await send(box.dataset.sample, { endpoint: subscribed.endpoint });
    if (answer.status === 410) return show();
    return say("granted", answer.ok ? box.dataset.sent : box.dataset.failed);
  };
  const actions = { start, stop, sample };
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-push-action]");
    if (button) actions[button.dataset.pushAction]().catch(() => say("default", box.dataset.failed));
  });
  show().catch(() => say("default"));
})();
