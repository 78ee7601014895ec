const log = require("fs").readFileSync(0, "utf8".trim();
console.log(log.length);
