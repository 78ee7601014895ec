// Memory that is not on the runtime's heap, so that only the kernel counts it.
const kept = [];
for (;;) kept.push(Buffer.alloc(1 << 20, 1));
