// Shows what the server sends while no page of the product is open, and opens what was pressed.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => {
  const message = event.data.json();
  event.waitUntil(
    self.registration.showNotification(message.title, {
      body: message.body,
      lang: message.lang,
      tag: message.tag,
      renotify: true,
      requireInteraction: true,
      data: { path: message.path },
    }),
  );
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.path));
});
// The push service gives this browser another address: the server's cookie knows which was the old.
self.addEventListener("pushsubscriptionchange", (event) => {
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const renew = async () => {
    const manager = self.registration.pushManager;
    let fresh = event.newSubscription || (await manager.getSubscription());
    if (!fresh && event.oldSubscription) fresh = await manager.subscribe(event.oldSubscription.options);
    if (!fresh) return;
    await fetch("/notificari-dispozitiv-nou/", {
      method: "POST",
      body: new URLSearchParams({
        endpoint: fresh.endpoint,
        p256dh: text(fresh.getKey("p256dh")),
        auth: text(fresh.getKey("auth")),
      }),
    });
  };
  event.waitUntil(renew());
});
