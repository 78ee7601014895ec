// Run once, by the image, on an empty volume: the one user that Assay is, with rights in its own database alone.
const password = require("fs").readFileSync("/run/secrets/mongo_password", "utf8").trim();
db.getSiblingDB("assay").createUser({ user: "assay", pwd: password, roles: [{ role: "readWrite", db: "assay" }] });
