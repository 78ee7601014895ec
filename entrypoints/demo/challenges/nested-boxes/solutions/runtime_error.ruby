# Crashes: pops what is not there.
log = gets.chomp
stack = []
log.each_char { |mark| "([{".include?(mark) ? stack.push(mark) : stack.pop.ord }
puts log.size - stack.size
