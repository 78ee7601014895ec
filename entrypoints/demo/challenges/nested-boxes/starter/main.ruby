log = gets.chomp

# Your code here
