first = gets.chomp
pairs = gets.to_i.times.map { gets.split }

# Your code here
