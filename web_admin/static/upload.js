// Sends a large file as raw bytes, which go straight to the card, then the rest of its form.
"use strict";
(() => {
  const form = document.querySelector("form[data-upload]"), progress = document.getElementById("progress");
  if (!form) return;
  const button = form.querySelector("button");
  const tell = (text, bad) => {
    progress.textContent = text;
    progress.classList.toggle("bad", Boolean(bad));
    button.disabled = !bad;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = document.getElementById("file").files[0];
    if (!file) return;
    const sending = new XMLHttpRequest();
    sending.open("POST", form.dataset.upload);
    sending.setRequestHeader("Content-Type", "application/octet-stream");
    sending.setRequestHeader("X-CSRFToken", form.elements.csrf_token.value);
    sending.upload.onprogress = (news) => tell(`Sending: ${Math.floor(100 * news.loaded / Math.max(1, news.total))} %`);
    sending.onload = () => {
      if (sending.status === 200 && !sending.responseText) { tell("Sent. Checking …"); form.submit(); return; }
      tell(sending.status === 507 ? sending.responseText : "It was not taken. Load this page again and try once more.", true);
    };
    sending.onerror = () => tell("The box could not be reached. Try again.", true);
    tell("Sending …");
    sending.send(file);
  });
})();
