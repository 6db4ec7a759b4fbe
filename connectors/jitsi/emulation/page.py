"""What a browser shows where a meeting would be: which one, and who its visitor would be in it by their token.

It judges nothing: whether the token is let in, `BoshDoor` says. The token stays in the browser, where it came from.
"""

from typing import Final

PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jitsi Meet</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }
</style>
<h1></h1>
<p id="who"></p>
<p id="until"></p>
<p id="what"></p>
<script>
const german = navigator.language.startsWith("de");
const say = (de, en) => german ? de : en;
const show = (id, text) => { document.querySelector(id).textContent = text; };
const given = {};
for (const part of location.hash.slice(1).split("&")) {
  const at = part.indexOf("=");
  try { given[part.slice(0, at)] = JSON.parse(decodeURIComponent(part.slice(at + 1))); } catch { /* as Jitsi does */ }
}
let token = null;
try {
  const claims = given.jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  token = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(claims), (one) => one.charCodeAt(0))));
} catch { /* nobody's, or none that can be read */ }
document.documentElement.lang = say("de", "en");
show("#what", say("Dies ist ein Emulator von Jitsi: ohne Bild und Ton.", "An emulator of Jitsi: no sound or picture."));
if (token === null) {
  show("h1", say("Ohne Einlass kommt hier niemand herein", "Nobody comes in here without a token"));
  show("#who", say("Der Weg hinein beginnt auf den Seiten des Netzwerks.", "Your network's pages lead in."));
} else {
  const title = given["config.subject"] || say("ohne Titel", "without a title");
  const user = (token.context || {}).user || {};
  const name = user.name || say("jemand ohne Namen", "somebody without a name");
  show("h1", say(`Hier wäre die Videokonferenz „${title}“`, `Here would be the meeting "${title}"`));
  if (user.moderator === true) {
    show("#who", say(`Sie wären darin: ${name}, mit den Rechten der Moderation.`,
      `You would be inside: ${name}, as a moderator.`));
  } else if (user.lobby_bypass === true) {
    show("#who", say(`Sie wären darin: ${name}.`, `You would be inside: ${name}.`));
  } else {
    show("#who", say(`Sie wären im Vorraum: ${name}. Die Moderation lässt Sie herein.`,
      `You would be in the lobby: ${name}. A moderator lets you in.`));
  }
  const until = new Date(token.exp * 1000).toLocaleTimeString(navigator.language, { timeStyle: "short" });
  show("#until", say(`Dieser Einlass gilt bis ${until} Uhr; der Link, dem Sie gefolgt sind, gibt danach einen neuen.`,
    `This pass holds until ${until}; the link that you followed gives another one then.`));
}
</script>
</html>
"""
