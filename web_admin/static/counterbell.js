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

  const wait = (s) => {  // as words.wait_text
    const t = Math.max(1, Math.ceil(s)), n = t < 120 ? t : Math.ceil(t / 60);
    return `${n} ${t < 120 ? "second" : "minute"}${n === 1 ? "" : "s"}`;
  };
  const countDown = () => document.querySelectorAll("[data-left]").forEach((e) => {
    e.dataset.end ||= performance.now() + Number(e.dataset.left) * 1000;
    e.textContent = wait((e.dataset.end - performance.now()) / 1000);
  });

  const $ = (id) => document.getElementById(id);
  const address = document.body.dataset.stream;
  const watched = $("live") || $("follow");
  const watches = () => $("live") || $("follow") || ($("trial") && $("trial").firstElementChild);
  const title = document.title;
  let stream = null, again = 0, hidden = 0, heard = 0;

  const stale = (is) => {
    $("stale").hidden = !is;
    const shown = $("live") || $("follow");
    if (shown) shown.classList.toggle("old", is);
  };
  const close = () => { clearTimeout(again); if (stream) stream.close(); stream = null; };
  const alive = () => { heard = performance.now(); stale(false); };

  const badges = (root) => [["badge", "#figure-messages b"], ["badge-texts", "#figure-texts b"]]
    .forEach(([id, figure]) => {
      const fresh = root.querySelector(figure);
      if (!fresh) return;
      $(id).firstChild.textContent = fresh.textContent;
      $(id).hidden = fresh.textContent === "0";
    });
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
    badges(watched);
    announce(watched);
    local(watched);
    count();
  };
  let marking = "";
  const seen = async () => {  // a conversation that is looked at is read
    const form = $("seen");
    if (!form || document.hidden || marking === form.action) return;
    marking = form.action;
    try { await fetch(form.action, { method: "POST", body: new FormData(form) }); } catch { marking = ""; }
  };

  // How many short messages a text takes (3GPP TS 23.038 §6.2; the daemon counts again).
  const BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà";
  const gsm = (letter) => /[A-Za-z]/.test(letter) || BASIC.includes(letter);
  const parts = (text) => {
    const letters = [...text], wide = (c) => "^{}\\[~]|€\f".includes(c);
    const ucs2 = letters.some((c) => !gsm(c) && !wide(c));
    const units = letters.map((c) => (ucs2 ? c.length : wide(c) ? 2 : 1));
    const [one, many] = ucs2 ? [70, 67] : [160, 153];
    const whole = units.reduce((sum, n) => sum + n, 0);
    if (whole <= one) return [1, one - whole];
    let count = 1, left = many;
    units.forEach((n) => { if (n > left) { count += 1; left = many; } left -= n; });
    return [count, left];
  };
  document.querySelectorAll("[data-counter]").forEach((box) => {
    const tell = () => {
      const [n, left] = parts(box.value), much = n > 10;
      $(box.dataset.counter).textContent = much ? `Too long: ${n} texts, 10 are the most.`
        : `${n > 1 ? `${n} texts, ` : ""}${left} letters left`;
      $(box.dataset.counter).classList.toggle("bad", much);
    };
    box.addEventListener("input", tell);
    tell();
  });

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
        const part = $("follow"), fresh = page.querySelector("#follow");
        if (fresh && part.dataset.part !== undefined) part.replaceWith(fresh);
        else $("main").replaceChildren(...page.querySelector("#main").childNodes);
        local($("main"));
        count();
        seen();
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
      if ($("live")) return show(event.data);
      badges(new DOMParser().parseFromString(event.data, "text/html"));
      if ($("follow") && $("follow").dataset.revision !== event.lastEventId) follow();
    });
    stream.addEventListener("trial", (event) => {
      alive();
      if ($("trial")) $("trial").innerHTML = event.data;
      if (!watches()) close();
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
    countDown();
    if (stream && performance.now() - heard > SILENT_MS) lost();
  };

  document.documentElement.classList.add("js");
  local(document);
  count();
  seen();
  setInterval(check, 1000);
  if (address && watches() && window.EventSource) {
    connect();
    if ($("live")) announce(document);
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hidden);
      seen();
      if (document.hidden) hidden = setTimeout(close, HIDDEN_MS);
      else if (watches()) {
        if (!stream || performance.now() - heard > SILENT_MS / 2) connect();
      }
    });
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  }
})();
