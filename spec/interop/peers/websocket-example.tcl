# The example of websocket(n) as its manual has it; only the address of the echo service is a parameter.

package require websocket
::websocket::loglevel debug

proc handler { sock type msg } {
    switch -glob -nocase -- $type {
	co* {
	    puts "Connected on $sock"
	}
	te* {
	    puts "RECEIVED: $msg"
	}
	cl* -
	dis* {
	}
    }

}

proc test { sock } {
    puts "[::websocket::conninfo $sock type] from [::websocket::conninfo $sock sockname] to [::websocket::conninfo $sock peername]"

    ::websocket::send $sock text "Testing, testing..."
}

fconfigure stdout -buffering line
set sock [::websocket::open [lindex $argv 0] handler]
after 400 test $sock
vwait forever
