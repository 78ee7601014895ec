const log = require("fs").readFileSync(0, "utf8").trim();
const lidOf = { "(": ")", "[": "]", "{": "}" };
const unmatched = [-1];
let best = 0;
for (let position = 0; position < log.length; position++) {
  const top = unmatched[unmatched.length - 1];
  if (top >= 0 && lidOf[log[top]] === log[position]) {
    unmatched.pop();
    best = Math.max(best, position - unmatched[unmatched.length - 1]);
  } else {
    unmatched.push(position);
  }
}
console.log(best);
