#!/bin/sh
"""exec" echo ESCAPED
" """

print("held")
