read -r n
balance=0
lowest=0
for ((i = 0; i < n; i++)); do
  read -r movement
  ((balance += movement))
  if ((balance < lowest)); then lowest=$balance; fi
done
echo "$balance $lowest"
