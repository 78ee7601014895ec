const log = require("fs").readFileSync(0, "utf8").trim();

// Your code here
