log = gets.chomp
lid_of = { "(" => ")", "[" => "]", "{" => "}" }
unmatched = [-1]
best = 0
log.each_char.with_index do |mark, position|
  if unmatched.size > 1 && lid_of[log[unmatched.last]] == mark
    unmatched.pop
    best = [best, position - unmatched.last].max
  else
    unmatched.push(position)
  end
end
puts best
