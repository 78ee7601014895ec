// The same through the runtime, all at once.
const targets = ["http://169.254.169.254/", "http://127.0.0.1:8000/", "http://[::1]:6379/", "https://example.com/"];
const signal = AbortSignal.timeout(1000);
Promise.allSettled(targets.map((target) => fetch(target, { signal }))).then((answers) => {
  for (const one of answers) if (one.status === "fulfilled") console.log("ESCAPED:", one.value.url);
  console.log("held");
});
