// Fills the runtime's heap until it gives up.
const kept = [];
for (;;) kept.push(new Array(1000).fill({}).map((_, n) => ({ n })));
