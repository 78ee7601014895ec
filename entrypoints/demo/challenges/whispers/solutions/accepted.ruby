first = gets.chomp
whispers_to = Hash.new { |hash, name| hash[name] = [] }
gets.to_i.times do
  teller, listener = gets.split
  whispers_to[teller] << listener
end

know = { first => true }
to_tell = [first]
until to_tell.empty?
  whispers_to[to_tell.pop].each do |listener|
    next if know[listener]

    know[listener] = true
    to_tell << listener
  end
end
puts know.keys.reverse
