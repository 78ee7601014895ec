# Wrong: names a person once for each whisper that reaches them.
first = gets.chomp
pairs = gets.to_i.times.map { gets.split }.group_by(&:first)
know = { first => true }
queue = [first]
puts first
until queue.empty?
  (pairs[queue.shift] || []).each do |_, listener|
    puts listener
    queue << listener unless know[listener]
    know[listener] = true
  end
end
