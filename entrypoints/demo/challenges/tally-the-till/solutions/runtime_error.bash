# Ends with 3 whatever it reads.
read -r n
echo "$n 0"
exit 3
