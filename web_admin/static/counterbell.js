// Keeps the pages live, counts seconds, and shows times in the phone's own time zone.
"use strict";
(() => {
  const SILENT_MS = 25000, AGAIN_MS = 3000, HIDDEN_MS = 60000;
  const two = (n) => String(n).padStart(2, "0");
  const duration = (s) => {
    const t = Math.max(0, Math.floor(s));
    const h = Math.floor(t / 3600), m = Math.floor(t / 60) % 60;
    return h ? `${h}:${two(m)}:${two(t % 60)}` : `${m}:${two(t % 60)}`;
  };
  const clock = { hour: "numeric", minute: "2-digit" };
  const styles = {
    full: { weekday: "short", day: "numeric", month: "short", year: "numeric", ...clock },
    seconds: { second: "2-digit", ...clock },
    day: { day: "numeric", month: "short", ...clock },
  };
  const local = (root) => root.querySelectorAll("time[data-utc]").forEach((e) => {
    e.textContent = new Date(Number(e.dataset.utc) * 1000)
      .toLocaleString(undefined, styles[e.dataset.style] || clock);
  });

  // Ages come from the box's clock; from then on the phone only counts, so their clocks may differ.
  let received = performance.now();
  const count = () => document.querySelectorAll("[data-age]").forEach((e) => {
    e.textContent = duration(Number(e.dataset.age) + (performance.now() - received) / 1000);
  });

  const $ = (id) => document.getElementById(id);
  const address = document.body.dataset.stream;
  const watched = $("live") || $("follow");
  const title = document.title;
  let stream = null, again = 0, hidden = 0, heard = 0;

  const stale = (is) => {
    $("stale").hidden = !is;
    const shown = $("live") || $("follow");
    if (shown) shown.classList.toggle("old", is);
  };
  const close = () => { clearTimeout(again); if (stream) stream.close(); stream = null; };
  const alive = () => { heard = performance.now(); stale(false); };

  const badge = (root) => {
    const fresh = root.querySelector("#figure-messages b");
    if (!fresh) return;
    $("badge").firstChild.textContent = fresh.textContent;
    $("badge").hidden = fresh.textContent === "0";
  };
  const announce = (root) => {
    const names = [...root.querySelectorAll(".call .who")].map((e) => e.textContent);
    document.title = names.length ? `☎ ${names.join(", ")} · ${title}` : title;
    const said = names.length ? `Calling now: ${names.join(", ")}` : "";
    if ($("news").textContent !== said) $("news").textContent = said;
  };
  const show = (html) => {
    const at = document.activeElement && document.activeElement.id;
    watched.innerHTML = html;
    received = performance.now();
    if (at && $(at)) $(at).focus({ preventScroll: true });
    badge(watched);
    announce(watched);
    count();
  };
  let following = false, wanted = false;
  const follow = async () => {  // a call in progress: its page is fetched anew when anything changed
    wanted = true;
    if (following) return;
    following = true;
    while (wanted) try {
      wanted = false;
      const answer = await fetch(location.href);
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        received = performance.now();
        $("main").replaceChildren(...page.querySelector("#main").childNodes);
        local($("main"));
        count();
        if (!$("follow")) close();
      }
    } catch { /* the stream notices and says so */ }
    following = false;
  };

  const connect = () => {
    close();
    heard = performance.now();
    stream = new EventSource(address);
    stream.addEventListener("beat", alive);
    stream.addEventListener("live", (event) => {
      alive();
      if ($("live")) show(event.data);
      else if ($("follow") && $("follow").dataset.revision !== event.lastEventId) follow();
    });
    stream.onerror = lost;
  };
  const lost = async () => {
    close();
    stale(true);
    again = setTimeout(connect, AGAIN_MS);
    try {  // an event stream does not tell why it ended; asking does
      const answer = await fetch(address, { method: "HEAD" });
      if (answer.status === 401) location.replace(document.body.dataset.signIn);
    } catch { /* not even the page's own process answers */ }
  };
  const check = () => {
    count();
    if (stream && performance.now() - heard > SILENT_MS) lost();
  };

  local(document);
  count();
  setInterval(check, 1000);
  if (address && watched && window.EventSource) {
    connect();
    if ($("live")) announce(document);
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(close, HIDDEN_MS);
      else if ($("live") || $("follow")) {
        if (!stream || performance.now() - heard > SILENT_MS / 2) connect();
      }
    });
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  }
})();
