// Busy in many workers, each with a heap and a thread of its own.
const { Worker } = require("worker_threads");
for (let n = 0; n < 4; n++) new Worker("for (;;) { }", { eval: true });
for (;;) { }
