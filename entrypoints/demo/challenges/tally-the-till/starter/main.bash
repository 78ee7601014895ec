read -r n
for ((i = 0; i < n; i++)); do
  read -r movement
  # Your code here
done
