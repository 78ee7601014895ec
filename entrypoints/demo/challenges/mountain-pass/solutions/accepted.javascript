const [size, ...map] = require("fs").readFileSync(0, "utf8").trim().split("\n");
const [rows, columns] = size.split(" ").map(Number);
const squares = rows * columns;
const best = new Int32Array(2 * squares).fill(2 ** 30);
const buckets = [[0]]; // buckets[h]: what is entered after h hours
best[0] = 0;

function fastest() {
  for (let now = 0; now < buckets.length; now++) {
    const bucket = buckets[now] ?? [];
    for (let i = 0; i < bucket.length; i++) {
      const state = bucket[i];
      if (best[state] !== now) continue;
      const spent = state >= squares ? 1 : 0;
      const square = state % squares;
      if (square === squares - 1) return now;
      const [row, column] = [Math.floor(square / columns), square % columns];
      for (const [down, right] of [[-1, 0], [0, -1], [0, 1], [1, 0]]) {
        const mark = map[row + down]?.[column + right];
        if (mark === undefined || (mark === "#" && spent)) continue;
        const then = now + (mark === "#" ? 0 : Number(mark));
        const following = square + down * columns + right + squares * (mark === "#" ? 1 : spent);
        if (then < best[following]) {
          best[following] = then;
          (buckets[then] ??= []).push(following);
        }
      }
    }
  }
  return "stuck";
}
console.log(fastest());
