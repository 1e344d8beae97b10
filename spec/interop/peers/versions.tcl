# Tells which versions of Tcl's packages are there; fails when one is missing.

puts "websocket [package require websocket], tls [package require tls]"
