// Ends the kernel of a page that is left, reloaded or closed.
//
// Voilà means to do so itself, but its request is refused with 403: it sends along the cookie
// against requests forged by other sites, `_xsrf`, which the server sets on its login page only.
// The server asks no more of the cookie than that the request repeats it, and another site can
// neither read nor set it, so the page makes one where there is none.
(() => {
  function token() {
    const cookie = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/);
    if (cookie) return cookie[1];
    const made = Array.from(crypto.getRandomValues(new Uint8Array(16)),
      (byte) => byte.toString(16).padStart(2, "0")).join("");
    document.cookie = `_xsrf=${made}; path=/; SameSite=Strict`;
    return made;
  }

  // Voilà's request comes at `beforeunload`: not before its widgets have loaded, but also where the
  // page then stays. One request is enough.
  addEventListener("beforeunload", (event) => event.stopImmediatePropagation());

  addEventListener("pagehide", () => {
    const config = document.getElementById("jupyter-config-data");
    if (!config) return; // the server has not said yet which kernel it is: it will be culled
    const { baseUrl, kernelId } = JSON.parse(config.textContent);
    const form = new FormData();
    form.append("_xsrf", token());
    navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, form);
  });

  // A page that the browser kept, and brings back on "back", has no kernel any more.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
