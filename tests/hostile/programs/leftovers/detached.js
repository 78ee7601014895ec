// A server and a detached child outlive whoever made them, if they may.
const fs = require("fs");
for (const folder of ["/tmp", "/box", "/dev/shm"]) {
  for (const name of fs.readdirSync(folder)) if (name !== "main.js") console.log("ESCAPED:", folder, name);
  fs.writeFileSync(`${folder}/left`, "");
}
require("child_process").spawn("sleep", ["60"], { detached: true, stdio: "ignore" }).unref();
require("net").createServer().on("error", () => {}).listen("/tmp/socket").unref();
console.log("held");
