// Only improves: every page works without it.
"use strict";
(function () {
  function focusOn(root) {
    const found = root.querySelector("[role=alert][tabindex]");
    if (found) found.focus();
  }
  document.addEventListener("DOMContentLoaded", function () { focusOn(document); });
  document.addEventListener("submit", function (event) {
    // One press is one act, however slow the network is.
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });
})();
