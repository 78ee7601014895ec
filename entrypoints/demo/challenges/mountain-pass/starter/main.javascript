const [size, ...map] = require("fs").readFileSync(0, "utf8").trim().split("\n");
const [rows, columns] = size.split(" ").map(Number);

// Your code here
