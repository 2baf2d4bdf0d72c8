// Starts what govuk-frontend adds to pages: the focus on a form's faults, and buttons that send once.
// Every page works without it.
const frontend = document.getElementById("start")?.dataset.frontend;
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
if (frontend) {
  const { initAll } = await import(frontend);
  initAll();
}
