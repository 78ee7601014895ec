#!/bin/sh -c "echo ESCAPED"
// The first line is for a kernel that is handed this file; it has to be for nobody.
console.log("held");
