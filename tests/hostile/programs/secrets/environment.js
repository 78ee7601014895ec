// The runtime's view: variables, arguments, the host's name, users and addresses.
const os = require("os");
const known = /^(PATH|HOME|TMPDIR|LANG|PWD)$/;
for (const name in process.env) if (!known.test(name)) console.log("ESCAPED:", name);
if (os.hostname() !== "box") console.log("ESCAPED:", os.hostname());
if (os.userInfo().username !== "box") console.log("ESCAPED:", os.userInfo());
let addresses = [];
try { addresses = Object.values(os.networkInterfaces()).flat(); } catch (error) { }
for (const one of addresses) if (!one.internal) console.log("ESCAPED:", one.address);
console.log("held");
