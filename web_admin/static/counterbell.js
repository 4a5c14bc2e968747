// Keeps the front page live, counts seconds, and shows times in the phone's own time zone.
"use strict";
(() => {
  const two = (n) => String(n).padStart(2, "0");
  const duration = (s) => {
    const t = Math.max(0, Math.floor(s));
    const h = Math.floor(t / 3600), m = Math.floor(t / 60) % 60;
    return h ? `${h}:${two(m)}:${two(t % 60)}` : `${m}:${two(t % 60)}`;
  };
  const styles = {
    full: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
    day: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  };
  const local = (root) => root.querySelectorAll("time[data-utc]").forEach((e) => {
    e.textContent = new Date(Number(e.dataset.utc) * 1000)
      .toLocaleString(undefined, styles[e.dataset.style] || { hour: "2-digit", minute: "2-digit" });
  });
  // Ages come from the box's clock; from then on the phone only counts, so their clocks may differ.
  let received = performance.now();
  const tick = () => document.querySelectorAll("[data-age]").forEach((e) => {
    e.textContent = duration(Number(e.dataset.age) + (performance.now() - received) / 1000);
  });
  const live = document.getElementById("live");
  if (live && window.EventSource) {
    const stale = document.getElementById("stale");
    const stream = new EventSource(live.dataset.stream);
    stream.addEventListener("live", (event) => {
      stale.hidden = true;
      live.innerHTML = event.data;
      received = performance.now();
      tick();
    });
    stream.onopen = () => { stale.hidden = true; };
    stream.onerror = () => {
      stale.hidden = false;
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
    };
  }
  local(document);
  tick();
  setInterval(tick, 1000);
})();
