// Writes for ever without waiting, so that what was not taken yet piles up.
for (;;) require("fs").writeSync(1, "x".repeat(65536));
