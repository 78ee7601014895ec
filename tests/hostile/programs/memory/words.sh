# A word that doubles for ever.
word=x
while :; do word=$word$word; done
