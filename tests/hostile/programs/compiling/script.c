#!/bin/sh
# A script where a program in C is asked for: whoever starts sources starts this.
echo ESCAPED
